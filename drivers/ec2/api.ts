/**
 * What Sunset uses of `@aws-sdk/client-ec2`, which only those install who use it: its types are written here
 * as far as they are needed, and `fits.ts` holds them against the real ones where it is installed.
 */
import { relative } from 'node:path';

/** A field that EC2 may leave out, and the SDK's types say so of all of them. */
type May<T> = T | undefined;

export interface Tag {
  Key?: May<string>;
  Value?: May<string>;
}

export interface Instance {
  InstanceId?: May<string>;
  InstanceType?: May<string>;
  /** Of its last start. */
  LaunchTime?: May<Date>;
  RootDeviceName?: May<string>;
  Placement?: May<{ AvailabilityZone?: May<string> }>;
  State?: May<{ Name?: May<string> }>;
  Tags?: May<Tag[]>;
  BlockDeviceMappings?: May<
    {
      DeviceName?: May<string>;
      Ebs?: May<{
        VolumeId?: May<string>;
        DeleteOnTermination?: May<boolean>;
        AttachTime?: May<Date>;
      }>;
    }[]
  >;
}

export interface Instances {
  Reservations?: May<{ Instances?: May<Instance[]> }[]>;
  NextToken?: May<string>;
}

export interface Volume {
  VolumeId?: May<string>;
  State?: May<string>;
  Attachments?: May<{ InstanceId?: May<string>; State?: May<string> }[]>;
  Tags?: May<Tag[]>;
}

export interface Address {
  AllocationId?: May<string>;
  AssociationId?: May<string>;
  InstanceId?: May<string>;
  NetworkInterfaceId?: May<string>;
  Tags?: May<Tag[]>;
}

interface Filter {
  Name: string;
  Values: string[];
}

interface Options {
  abortSignal?: AbortSignal;
}

type Call<Input, Output = unknown> = (input: Input, options?: Options) => Promise<Output>;

/** The SDK's client of EC2. Every call of it may be repeated, and the SDK does so when the network breaks. */
export interface Ec2Api {
  describeInstances: Call<
    { InstanceIds?: string[]; Filters?: Filter[]; MaxResults?: number; NextToken?: string },
    Instances
  >;
  describeInstanceAttribute: Call<
    { InstanceId: string; Attribute: 'disableApiTermination' },
    { DisableApiTermination?: May<{ Value?: May<boolean> }> }
  >;
  modifyInstanceAttribute: Call<{
    InstanceId: string;
    DisableApiTermination?: { Value: boolean };
    BlockDeviceMappings?: { DeviceName: string; Ebs: { DeleteOnTermination: boolean } }[];
  }>;
  startInstances: Call<{ InstanceIds: string[] }>;
  stopInstances: Call<{ InstanceIds: string[] }>;
  terminateInstances: Call<{ InstanceIds: string[] }>;
  createTags: Call<{ Resources: string[]; Tags: { Key: string; Value: string }[] }>;
  deleteTags: Call<{ Resources: string[]; Tags: { Key: string }[] }>;
  describeVolumes: Call<{ Filters: Filter[]; NextToken?: string }, { Volumes?: May<Volume[]> }>;
  detachVolume: Call<{ VolumeId: string; InstanceId: string }>;
  deleteVolume: Call<{ VolumeId: string }>;
  describeAddresses: Call<{ Filters?: Filter[] }, { Addresses?: May<Address[]> }>;
  disassociateAddress: Call<{ AssociationId: string }>;
  releaseAddress: Call<{ AllocationId: string }>;
}

export interface Sdk {
  EC2: new (config: { region: string; endpoint?: string }) => Ec2Api;
}

export interface Ec2Address {
  /** EC2's own: `eu-central-1`. */
  region: string;
  /** Of a cloud that speaks as EC2 does; missing: EC2 itself. */
  endpoint?: string | undefined;
}

const PACKAGE: string = '@aws-sdk/client-ec2';

/** Credentials are found as the SDK finds them: environment, files, the machine's role. */
export function openEc2({ region, endpoint }: Ec2Address): Ec2Api {
  // What it warns of, on Node 20, is later versions of itself; which one it is, package.json says.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // It takes half a second and 40 MB of disk, so only who uses it loads it.
  const { EC2 } = require(PACKAGE) as Sdk;
  return new EC2({ region, ...(endpoint === undefined ? {} : { endpoint }) });
}

/** What is to be run before {@link openEc2} can be; undefined: nothing. */
export function missingPackage(): string | undefined {
  try {
    require.resolve(PACKAGE);
    return undefined;
  } catch {
    return `the ec2 driver needs ${PACKAGE}, which is not installed: npm ci --prefix ${relative('', __dirname)}`;
  }
}
