# migrate: unsafe
# As the Makefile of daschswiss/sipi chooses its caches.
ifneq ($(ACTIONS_CACHE_URL),)
  FROM = --cache-from type=gha,url=$(ACTIONS_CACHE_URL),token=$(ACTIONS_RUNTIME_TOKEN)
  TO = --cache-to type=gha,mode=max,url=$(ACTIONS_CACHE_URL),token=$(ACTIONS_RUNTIME_TOKEN)
else
  FROM =
endif

build:
	docker buildx build \
		$(FROM) \
		$(TO) . \
	|| ( echo "Build failed, retrying without type=gha,version=1" && docker buildx build . )
