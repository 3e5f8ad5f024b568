# migrate: unsafe
# Tokens in variables of make, in the parentheses of a recipe, and in a command.
CACHE = --cache-to type=gha,url=$(ACTIONS_CACHE_URL),token=$(ACTIONS_RUNTIME_TOKEN)

build:
	docker buildx build --cache-to type=gha,mode=max,url=$(ACTIONS_CACHE_URL),token=$(ACTIONS_RUNTIME_TOKEN) .
	(docker buildx build --cache-to type=gha,url=$${ACTIONS_CACHE_URL},token=$${ACTIONS_RUNTIME_TOKEN})
	docker buildx build --cache-to "type=gha,url=$(ACTIONS_CACHE_URL),token=$(shell printenv ACTIONS_RUNTIME_TOKEN)" .
	docker buildx build --cache-to type=gha,url=$$ACTIONS_CACHE_URL,token=$$(printenv ACTIONS_RUNTIME_TOKEN) .
