// Tencent Cloud's SDK for Node.js with Sunset behind it: only the endpoint is another.
//   SECRET_ID=… SECRET_KEY=… SUNSET=http://127.0.0.1:3000 node docs/examples/tencent-cvm.js <instance>
const { cvm } = require('tencentcloud-sdk-nodejs/tencentcloud/services/cvm');

const { SECRET_ID: secretId, SECRET_KEY: secretKey, SUNSET = 'http://127.0.0.1:3000' } = process.env;
const { host, protocol } = new URL(SUNSET);

const client = new cvm.v20170312.Client({
  credential: { secretId, secretKey },
  region: 'ap-guangzhou',
  profile: { language: 'en-US', httpProfile: { endpoint: host, protocol: `${protocol}//` } },
});

async function main() {
  const InstanceIds = process.argv.slice(2);
  const { InstanceRefundsSet } = await client.InquiryPriceTerminateInstances({ InstanceIds });
  console.log(InstanceRefundsSet);

  await client.ModifyInstancesAttribute({ InstanceIds, DisableApiTermination: true });
  await client.TerminateInstances({ InstanceIds }).catch(({ code, message }) => console.log(code, message));
  await client.ModifyInstancesAttribute({ InstanceIds, DisableApiTermination: false });

  await new Promise((resolve) => setTimeout(resolve, 1000)); // See "The same request again".
  await client.TerminateInstances({ InstanceIds });
  const { InstanceStatusSet } = await client.DescribeInstancesStatus({ InstanceIds });
  console.log(InstanceStatusSet);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
