"""Tencent Cloud's SDK for Python with Sunset behind it: only the endpoint is another.

SECRET_ID=… SECRET_KEY=… SUNSET=http://127.0.0.1:3000 python3 docs/examples/tencent-redis.py <instance>
"""
import os
import sys
import time

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.redis.v20180412 import models
from tencentcloud.redis.v20180412.redis_client import RedisClient

protocol, endpoint = os.environ.get("SUNSET", "http://127.0.0.1:3000").split("://")
profile = ClientProfile(httpProfile=HttpProfile(protocol=protocol, endpoint=endpoint), language="en-US")
credential = Credential(os.environ["SECRET_ID"], os.environ["SECRET_KEY"])
client = RedisClient(credential, "ap-guangzhou", profile)


def ask(name, **parameters):
    request = getattr(models, name + "Request")()
    for parameter, value in parameters.items():
        setattr(request, parameter, value)
    return getattr(client, name)(request)


for instance in sys.argv[1:]:
    try:
        task = ask("DestroyPostpaidInstance", InstanceId=instance).TaskId
    except TencentCloudSDKException as error:
        print(error.code, error.message)
        continue
    while (status := ask("DescribeTaskInfo", TaskId=task).Status) in ("preparing", "running"):
        time.sleep(1)
    [shown] = ask("DescribeInstances", InstanceId=instance).InstanceSet
    print(instance, status, shown.InstanceTitle, shown.OfflineTime)
