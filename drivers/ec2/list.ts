/** What there is at EC2. */
import type { Ec2Api, Instance } from './api';

export interface Found {
  instance: Instance;
  /** Its Elastic IPs, by their allocation ids. */
  addresses: string[];
}

/** Gone ones too, for as long as EC2 lists them. @param pageSize 5–1000, as EC2 has it */
export async function listMachines(ec2: Ec2Api, pageSize = 500): Promise<Found[]> {
  const { Addresses } = await ec2.describeAddresses({});
  const found: Found[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.describeInstances({
      MaxResults: pageSize,
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    for (const instance of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const addresses = (Addresses ?? []).filter(({ InstanceId }) => InstanceId === instance.InstanceId);
      found.push({ instance, addresses: addresses.flatMap(({ AllocationId }) => AllocationId ?? []) });
    }
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
  return found;
}
