# What the guide's commands share. Copy this file to runs/aws/env.sh and edit the copy; every block reads it.
export REGION=us-east-1        # the one region of the quotas, the bucket, the jobs and the controller
export BUCKET=colorlab-ada     # a name that nobody else in all of AWS has: small letters, digits and hyphens
export MAIL=me@example.com     # gets a mail when a month has cost 16 of 20 dollars
# export AWS_PROFILE=colorlab  # the profile of `aws configure sso`, if you have named one

export AWS_DEFAULT_REGION="$REGION"
export SKYPILOT_DISABLE_USAGE_COLLECTION=1  # SkyPilot reports nothing to its makers
export PATH="$PWD/.sky/bin:$PATH"           # sky and aws
COMMIT=$(git describe --always --abbrev=40 --dirty=+ --exclude='*')
export COMMIT                               # for the record of a run; + is for changes of yours
