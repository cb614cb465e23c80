/**
 * The page at `/docs`: Swagger UI from disk. Nothing is inline and nothing comes from elsewhere, so the
 * content security policy stays strict.
 */
import { dirname, join } from 'node:path';
import { type Response, Router } from 'express';

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sunset API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// No validator badge: it would send the document to somebody else's server.
const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, tryItOutEnabled: true, persistAuthorization: false,
});
`;

export function docsPage(): Router {
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const router = Router();
  const send = (response: Response, type: string, text: string) => response.type(type).send(text);
  router.get('/docs', (_request, response) => void send(response, 'html', PAGE));
  router.get('/docs/start.js', (_request, response) => void send(response, 'js', START));
  for (const file of FILES)
    router.get(`/docs/${file}`, (_request, response) =>
      response.sendFile(join(folder, file), { maxAge: '1d' }),
    );
  return router;
}
