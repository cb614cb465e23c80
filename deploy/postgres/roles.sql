-- The roles and databases of an installation: Sunset's two roles (the admin owns the database and migrates it, the service may do what
-- migrations grant it) and Temporal's own. Can be run again: it makes what is missing and sets the passwords that it is given.
-- psql runs it (10-roles.sh); npm run cluster does too, and knows of psql only :'variables' and \gexec.
SELECT 'CREATE ROLE ' || name || ' LOGIN' FROM unnest(ARRAY['temporal', 'sunset_admin', 'sunset']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE sunset_admin PASSWORD :'sunset_admin_password';
ALTER ROLE sunset PASSWORD :'sunset_password';
SELECT 'CREATE DATABASE ' || name || ' OWNER ' || owner
  FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('sunset', 'sunset_admin')) AS wanted (name, owner)
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec
REVOKE ALL ON DATABASE temporal, temporal_visibility, sunset FROM PUBLIC;
GRANT CONNECT ON DATABASE sunset TO sunset;
