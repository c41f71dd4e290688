#!/bin/bash
# Says in the log group of jobs why this host takes none, and turns the host off.
#
#     stop_host.sh LOG_GROUP REASON
#
# prepare.sh starts it when the network is up. The AMI has no AWS CLI; its curl signs requests.
set -euo pipefail
trap 'systemctl poweroff' EXIT
readonly group=$1 reason=$2 imds=http://169.254.169.254/latest

token=$(curl -sf --retry 9 -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token")
metadata() { curl -sf --retry 9 -H "x-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"; }
host=$(metadata instance-id) region=$(metadata placement/region) domain=$(metadata services/domain)
role=$(metadata iam/security-credentials/)
read -r key secret session < <(metadata "iam/security-credentials/$role" | python3 -c '
import json, sys
print(*map(json.load(sys.stdin).get, ("AccessKeyId", "SecretAccessKey", "Token")))')

logs() {
  curl -sf --retry 9 --aws-sigv4 "aws:amz:$region:logs" --user "$key:$secret" \
    -H "x-amz-security-token: $session" -H "x-amz-target: Logs_20140328.$1" \
    -H 'content-type: application/x-amz-json-1.1' --data @- "https://logs.$region.$domain/"
}
# the arguments as JSON: the reason may contain anything
json() { python3 -c 'import json, sys, time
group, stream, text = sys.argv[1:]
where = {"logGroupName": group, "logStreamName": stream}
event = {"timestamp": int(time.time() * 1000), "message": text}
print(json.dumps({**where, "logEvents": [event]} if text else where))' "$@"; }
json "$group" "hosts/$host" '' | logs CreateLogStream || true
json "$group" "hosts/$host" "host $host is not ready for jobs and was stopped: $reason" | logs PutLogEvents
