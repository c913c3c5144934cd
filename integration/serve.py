"""Drives a Step Functions endpoint with boto3: create, start, a callback from a second
process, history, stop, redrive. The argument is the endpoint's URL."""

import json
import subprocess
import sys
import time

import boto3

url = sys.argv[1]
sfn = boto3.client("stepfunctions", endpoint_url=url, region_name="us-east-1",
                   aws_access_key_id="any", aws_secret_access_key="any")

if len(sys.argv) == 4:  # the second process
    sfn.send_task_heartbeat(taskToken=sys.argv[2])
    sfn.send_task_success(taskToken=sys.argv[2], output=sys.argv[3])
    sys.exit()


def follow(arn, done):
    """Reads the history again until done finds something in it."""
    for _ in range(200):
        pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn, maxResults=3)
        found = done([event for page in pages for event in page["events"]])
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("never came: " + arn)


def types(events):
    return [event["type"] for event in events]


CHILD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
child = sfn.create_state_machine(name="child", definition=json.dumps(CHILD), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
PARENT = {"StartAt": "N", "States": {"N": {
    "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken", "TimeoutSeconds": 60,
    "Parameters": {"StateMachineArn": child, "Input": {"token.$": "$$.Task.Token"}}, "End": True}}}
parent = sfn.create_state_machine(name="parent", definition=json.dumps(PARENT), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]


def start(name):
    arn = sfn.start_execution(stateMachineArn=parent, name=name, input="{}")["executionArn"]
    scheduled = follow(arn, lambda events: "TaskSubmitted" in types(events) and next(e for e in events if e["type"] == "TaskScheduled"))
    return arn, json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Input"]["token"]


arn, token = start("answered")
subprocess.run([sys.executable, sys.argv[0], url, token, '{"by": "another process"}'], check=True)
events = follow(arn, lambda events: "ExecutionSucceeded" in types(events) and events)
assert types(events) == ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted",
                         "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"], types(events)
assert sfn.describe_execution(executionArn=arn)["output"] == '{"by": "another process"}'

arn, token = start("stopped")
sfn.stop_execution(executionArn=arn, error="E", cause="c")
assert sfn.describe_execution(executionArn=arn)["status"] == "ABORTED"
try:
    sfn.send_task_success(taskToken=token, output="{}")
    raise AssertionError("the token of a stopped execution was taken")
except sfn.exceptions.TaskTimedOut:
    pass
sfn.redrive_execution(executionArn=arn)
scheduled = follow(arn, lambda events: len(
    [e for e in events if e["type"] == "TaskSubmitted"]) == 2 and [e for e in events if e["type"] == "TaskScheduled"])[-1]
again = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Input"]["token"]
assert again != token
sfn.send_task_failure(taskToken=again, error="E2", cause="c2")
events = follow(arn, lambda events: "ExecutionFailed" in types(events) and events)
assert "ExecutionRedriven" in types(events), types(events)
described = sfn.describe_execution(executionArn=arn)
assert (described["status"], described["error"], described["redriveCount"]) == ("FAILED", "E2", 1), described
print("good")
