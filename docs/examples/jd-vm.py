# JD Cloud's SDK for Python with Sunset behind it: only the endpoint is another.
#   pip install jdcloud_sdk
#   SECRET_ID=... SECRET_KEY=... SUNSET=http://127.0.0.1:3000 python3 docs/examples/jd-vm.py <instance>
import os
import sys
from urllib.parse import urlsplit

from jdcloud_sdk.core.config import Config
from jdcloud_sdk.core.credential import Credential
from jdcloud_sdk.core.logger import ERROR, Logger
from jdcloud_sdk.services.vm.apis.DescribeInstancesRequest import (
    DescribeInstancesParameters, DescribeInstancesRequest)
from jdcloud_sdk.services.vm.apis.ModifyInstanceReleaseTimeRequest import (
    ModifyInstanceReleaseTimeParameters, ModifyInstanceReleaseTimeRequest)
from jdcloud_sdk.services.vm.client.VmClient import VmClient

endpoint = urlsplit(os.environ.get('SUNSET', 'http://127.0.0.1:3000'))
client = VmClient(
    Credential(os.environ['SECRET_ID'], os.environ['SECRET_KEY']),
    Config(endpoint.netloc, endpoint.scheme),
    Logger(ERROR))  # It prints every request otherwise.


def send(request):
    answer = client.send(request)
    if answer.error is not None:
        sys.exit('%s %s' % (answer.error.status, answer.error.message))
    return answer.result


parameters = DescribeInstancesParameters('cn-north-1')
parameters.setFilters([{'name': 'status', 'values': ['stopped']}])
for instance in send(DescribeInstancesRequest(parameters))['instances']:
    print(instance['instanceId'], instance['status'])

# Takes off the time at which it was to be deleted, if there is one.
parameters = ModifyInstanceReleaseTimeParameters('cn-north-1')
parameters.setInstanceIds(sys.argv[1:2])
parameters.setAutoReleaseTime('')
send(ModifyInstanceReleaseTimeRequest(parameters))
