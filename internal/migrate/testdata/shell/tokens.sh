#!/bin/sh
# migrate: unsafe
docker buildx build --cache-to type=gha,url=$ACTIONS_CACHE_URL,token=$ACTIONS_RUNTIME_TOKEN .
docker buildx build --cache-to "type=gha,url=${ACTIONS_CACHE_URL},token=$(printenv ACTIONS_RUNTIME_TOKEN)" .
(docker buildx build --cache-to type=gha,url=$ACTIONS_CACHE_URL,token=$ACTIONS_RUNTIME_TOKEN)
docker buildx build --cache-to type=gha,version=1 .
