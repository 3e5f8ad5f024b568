#!/bin/sh
docker buildx build --cache-to type=gha,version=1 .
