// What Terraform's provider for Tencent Cloud calls when it destroys an instance, in its order and with its stop
// conditions, by the Go SDK's core as it is published. (The provider itself is not to be had as a Go module.)
//
//	replay redis|cvm <endpoint> <secret id> <secret key> <instance id> <force delete: true|false>
//
// Prints each call with the vendor's code, and ends with 1 when the provider would have failed.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

const (
	region = "ap-guangzhou"
	// The provider waits for minutes, by the same conditions.
	patience  = 20 * time.Second
	lookEvery = 100 * time.Millisecond
)

type params map[string]any

type service struct {
	name, version string
	client        *common.Client
}

// call sends an action and reads its answer; a refusal has the vendor's code.
func (s service) call(action string, ask params, answer any) error {
	request := tchttp.NewCommonRequest(s.name, s.version, action)
	if err := request.SetActionParameters(map[string]any(ask)); err != nil {
		return err
	}
	response := tchttp.NewCommonResponse()
	err := s.client.Send(request, response)
	fmt.Printf("%s %s\n", action, codeOf(err))
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	whole := struct{ Response any }{answer}
	return json.Unmarshal(response.GetBody(), &whole)
}

func codeOf(err error) string {
	if err == nil {
		return "OK"
	}
	var refused *sdkerrors.TencentCloudSDKError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return err.Error()
}

// The prefixes and codes that the provider repeats by itself.
var repeated = []string{"ResourceUnavailable", "ResourceInUse", "RequestLimitExceeded", "InternalError"}

// change repeats what the provider repeats, and those codes that it is told to.
func (s service) change(action string, ask params, answer any, also ...string) error {
	return until(action, func() (bool, error) {
		err := s.call(action, ask, answer)
		code := codeOf(err)
		for _, prefix := range append(also, repeated...) {
			if strings.HasPrefix(code, prefix) {
				return false, nil
			}
		}
		return err == nil, err
	})
}

// until looks again and again for a condition.
func until(what string, look func() (bool, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(lookEvery) {
		if done, err := look(); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: waited in vain", what)
}

type redisInstance struct {
	Status      *int
	BillingMode *int
}

func (s service) redis(id string) (*redisInstance, error) {
	var answer struct{ InstanceSet []*redisInstance }
	if err := s.call("DescribeInstances", params{"InstanceId": id}, &answer); err != nil {
		return nil, err
	}
	if len(answer.InstanceSet) == 0 {
		return nil, nil
	}
	return answer.InstanceSet[0], nil
}

// task waits for what an action has begun: preparing and running are looked at again, all but succeed has failed.
func (s service) task(action string, id string) error {
	var begun struct{ TaskId *int64 }
	if err := s.change(action, params{"InstanceId": id}, &begun); err != nil {
		return err
	}
	number := *begun.TaskId
	return until(action, func() (bool, error) {
		var answer struct{ Status, TaskMessage *string }
		if err := s.call("DescribeTaskInfo", params{"TaskId": number}, &answer); err != nil {
			return false, err
		}
		switch *answer.Status {
		case "succeed":
			return true, nil
		case "preparing", "running":
			return false, nil
		default:
			return false, fmt.Errorf("task %d: %s %s", number, *answer.Status, *answer.TaskMessage)
		}
	})
}

// destroyRedis is what destroying a tencentcloud_redis_instance does.
func destroyRedis(s service, id string, force bool) error {
	var before *redisInstance
	if err := until("online", func() (bool, error) {
		found, err := s.redis(id)
		before = found
		return err == nil && (found == nil || *found.Status != 0 && *found.Status != 1), err
	}); err != nil {
		return err
	}
	if before == nil {
		return nil
	}
	if *before.BillingMode == 0 {
		if err := s.task("DestroyPostpaidInstance", id); err != nil {
			return err
		}
	} else if err := returnRedis(s, id); err != nil {
		return err
	}
	if force {
		return s.task("CleanUpInstance", id)
	}
	return nil
}

func returnRedis(s service, id string) error {
	var returned struct{ DealId *string }
	if err := s.change("DestroyPrepaidInstance", params{"InstanceId": id}, &returned); err != nil {
		return err
	}
	if *returned.DealId == "" {
		return errors.New("a return without a deal")
	}
	return until("isolated", func() (bool, error) {
		found, err := s.redis(id)
		return err == nil && (found == nil || *found.Status <= -2), err
	})
}

type cvmInstance struct {
	InstanceState        *string
	LatestOperationState *string
	PrivateIpAddresses   []*string
}

func (s service) cvm(id string) (*cvmInstance, error) {
	var answer struct{ InstanceSet []*cvmInstance }
	if err := s.call("DescribeInstances", params{"InstanceIds": []string{id}}, &answer); err != nil {
		return nil, err
	}
	if len(answer.InstanceSet) == 0 {
		return nil, nil
	}
	return answer.InstanceSet[0], nil
}

// destroyCvm is what destroying a tencentcloud_instance without disks of its own does.
func destroyCvm(s service, id string, force bool) error {
	before, err := s.cvm(id)
	if err != nil || before == nil {
		return err
	}
	if len(before.PrivateIpAddresses) > 0 {
		return errors.New("the provider would go on to ask the VPC for these addresses")
	}
	ask := params{"InstanceIds": []string{id}}
	var nothing struct{}
	if err := s.change("TerminateInstances", ask, &nothing); err != nil {
		return err
	}
	isGone := false
	if err := until("shut down", func() (bool, error) {
		found, err := s.cvm(id)
		if err != nil || found == nil {
			isGone = err == nil
			return isGone, err
		}
		return *found.InstanceState == "SHUTDOWN" && *found.LatestOperationState != "OPERATING", nil
	}); err != nil || isGone || !force {
		return err
	}
	err = s.change("TerminateInstances", ask, &nothing, "OperationDenied.InstanceOperationInProgress")
	if err != nil && codeOf(err) != "InvalidInstanceState.Terminating" {
		return err
	}
	return until("gone", func() (bool, error) {
		found, err := s.cvm(id)
		return err == nil && found == nil, err
	})
}

func clientFor(name, version, endpoint, secretID, secretKey string) service {
	how := profile.NewClientProfile()
	how.HttpProfile.Scheme = "HTTP"
	how.HttpProfile.Endpoint = endpoint
	how.Language = "en-US"
	pair := common.NewCredential(secretID, secretKey)
	return service{name, version, common.NewCommonClient(pair, region, how)}
}

func run(args []string) error {
	if len(args) != 6 {
		return errors.New("six arguments are needed")
	}
	product, endpoint, secretID, secretKey, id, force := args[0], args[1], args[2], args[3], args[4], args[5] == "true"
	switch product {
	case "redis":
		return destroyRedis(clientFor("redis", "2018-04-12", endpoint, secretID, secretKey), id, force)
	case "cvm":
		return destroyCvm(clientFor("cvm", "2017-03-12", endpoint, secretID, secretKey), id, force)
	}
	return fmt.Errorf("%q is not a product that is known here", product)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
