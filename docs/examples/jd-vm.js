// JD Cloud's SDK for Node.js with Sunset behind it: only the endpoint is another.
//   SECRET_ID=… SECRET_KEY=… SUNSET=http://127.0.0.1:3000 node docs/examples/jd-vm.js <instance>
const JDCloud = require('jdcloud-sdk-js/src/lib/core');
const VM = require('jdcloud-sdk-js/src/services/vm');

const { SECRET_ID, SECRET_KEY, SUNSET = 'http://127.0.0.1:3000' } = process.env;
const { host, protocol } = new URL(SUNSET);

JDCloud.config.update({ logger: () => {} }); // It prints every request otherwise.
const vm = new VM({
  credentials: { accessKeyId: SECRET_ID, secretAccessKey: SECRET_KEY },
  regionId: 'cn-north-1',
  endpoint: { protocol: protocol.replace(':', ''), host },
});

async function main() {
  const [instanceId] = process.argv.slice(2);
  const { result } = await vm.describeInstance({ instanceId });
  console.log(result.instance.status);

  // It runs, so it can't be deleted: answers that are no good ones reject.
  await vm.deleteInstance({ instanceId }).catch(({ error }) => console.log(error.status, error.message));

  await vm.stopInstance({ instanceId });
  await vm.deleteInstance({ instanceId });
  await vm.describeInstance({ instanceId }).catch(({ error }) => console.log(error.status));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
