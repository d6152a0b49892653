# SPDX-License-Identifier: MIT
# make            builds for Lua 5.4        make LUA=luajit   builds for LuaJIT, side by side
# make demo       shows all 26 operations   make test         runs every test
# make asan       tests under ASan/UBSan    make tsan         C tests under ThreadSanitizer
# make lint       static checks             make soak         200,000 requests: memory, descriptors
# make bench-tick what a game's tick pays   make bench-resty  beside a client written by hand for nginx
# make -s env     prints the export line that lets $(LUA) find what was built

LUA  ?= lua5.4
MODE ?= release
.DEFAULT_GOAL := all

CC        ?= cc
PKGCONFIG ?= pkg-config
SUFFIX    := $(if $(filter release,$(MODE)),,-$(MODE))
OUT       := build/$(LUA)$(SUFFIX)
TOP       := $(CURDIR)

LUA_PC  := $(if $(findstring luajit,$(LUA)),luajit,$(firstword $(foreach p,lua5.4 lua-5.4 lua54 lua,$(if $(shell $(PKGCONFIG) --exists $(p) 2>/dev/null && echo y),$(p))) lua5.4))
LUA_ABI := $(if $(findstring luajit,$(LUA)),5.1,5.4)
# MODE=kqueue builds on Linux what the BSDs and macOS get, on top of libkqueue.
NET_PC  := libcurl $(if $(filter kqueue,$(MODE)),libkqueue)
NEEDED  := $(LUA_PC) $(NET_PC) libcrypto
BUILDS  := $(filter-out clean env deps-% lint house help bench-% soak,$(or $(MAKECMDGOALS),all))
lacks   = $(if $(shell command -v $(firstword $(1)) 2>/dev/null),,$(firstword $(1)))
unknown = $(if $(shell $(PKGCONFIG) --exists $(1) 2>/dev/null && echo y),,$(1))
MISSING := $(if $(BUILDS),$(call lacks,$(CC)) $(call lacks,$(PKGCONFIG)) $(foreach p,$(NEEDED),$(call unknown,$(p))))

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
CFLAGS ?= -O2 -g
BASE   := -std=c99 -D_POSIX_C_SOURCE=200809L -fPIC -fvisibility=hidden -pthread $(WARN) -Icsrc
SAN_asan  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DASR_DEBUG
SAN_tsan  := -fsanitize=thread -fno-omit-frame-pointer -DASR_DEBUG
SAN_debug := -DASR_DEBUG
SAN_kqueue := -DASR_DEBUG -DASR_ELSEWHERE
SAN    := $(SAN_$(MODE))

# libcrypto and Lua for core; libcurl comes in for net alone, so that no
# header reaches a layer that must not see it.
LUA_CFLAGS  = $(shell $(PKGCONFIG) --cflags $(LUA_PC) 2>/dev/null)
CRYPTO      = $(shell $(PKGCONFIG) --libs libcrypto 2>/dev/null)
CRYPTO_CF   = $(shell $(PKGCONFIG) --cflags libcrypto 2>/dev/null)
CURL        = $(shell $(PKGCONFIG) --libs $(NET_PC) 2>/dev/null)
CURL_CF     = $(shell $(PKGCONFIG) --cflags $(NET_PC) 2>/dev/null)
SOFLAGS     = -shared $(if $(filter Darwin,$(shell uname -s)),-undefined dynamic_lookup)

CORE_SRC := $(wildcard csrc/core/*.c)
NET_SRC  := $(wildcard csrc/net/*.c)
CORE_BIND := $(filter-out csrc/binding/curl.c csrc/binding/bind_pool%.c,$(wildcard csrc/binding/*.c))
CURL_BIND := csrc/binding/curl.c csrc/binding/support.c $(wildcard csrc/binding/bind_pool*.c)
obj = $(patsubst csrc/%.c,$(OUT)/obj/%.o,$(1))
CORE_SO := $(OUT)/azure/signalr/core.so
CURL_SO := $(OUT)/azure/signalr/curl.so

# For the makes below that build: as many jobs as there are processors.
JOBS := -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

.PHONY: all check-needed env clean demo test ctest spec asan tsan lint house help deps-demo deps-test
all: check-needed $(CORE_SO) $(CURL_SO)

check-needed:
ifneq ($(strip $(MISSING)),)
	@echo "missing: $(strip $(MISSING)) (libraries by the names that pkg-config knows)" >&2
	@echo "on Debian or Ubuntu: apt-get install $$(bash .ci/deps --packages $(MISSING))" >&2
	@exit 1
endif

$(CORE_SO): $(call obj,$(CORE_SRC) $(CORE_BIND))
	@mkdir -p $(@D)
	$(CC) $(SOFLAGS) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(CRYPTO)

$(CURL_SO): $(call obj,$(CORE_SRC) $(NET_SRC) $(CURL_BIND))
	@mkdir -p $(@D)
	$(CC) $(SOFLAGS) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(CURL) $(CRYPTO)

$(OUT)/obj/core/%.o: csrc/core/%.c | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/obj/net/%.o: csrc/net/%.c | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CURL_CF) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/obj/binding/%.o: csrc/binding/%.c | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(LUA_CFLAGS) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- C tests: one program for each csrc/test/test_*.c
TEST_SRC := $(wildcard csrc/test/test_*.c)
TESTS    := $(patsubst csrc/test/%.c,$(OUT)/test/%,$(TEST_SRC))
$(OUT)/test/%: csrc/test/%.c $(call obj,$(CORE_SRC) $(NET_SRC)) | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CURL_CF) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(call obj,$(CORE_SRC) $(NET_SRC)) $(CURL) $(CRYPTO)
ctest: $(TESTS)
	@for t in $(TESTS); do echo "== $$t"; $$t || exit 1; done

# Several lua_States on several threads: a program that embeds Lua.
.PHONY: states
$(OUT)/test/states: spec/support/states.c csrc/test/loopback.h csrc/test/check.h $(OUT)/obj/core/span.o | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(LUA_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) $(shell $(PKGCONFIG) --libs $(LUA_PC))
states: all $(OUT)/test/states
	@$(RUN) $(OUT)/test/states

-include $(wildcard $(OUT)/obj/*/*.d $(OUT)/test/*.d)

# ---- where the interpreters find things
DEB_PATH := /usr/share/lua/5.3/?.lua
LUA_PATH_ := $(TOP)/lua/?.lua;$(TOP)/lua/?/init.lua;;$(if $(filter 5.4,$(LUA_ABI)),;$(DEB_PATH))
LUA_CPATH_ := $(TOP)/$(OUT)/?.so;;
env:
	@echo "export LUA_PATH='$(LUA_PATH_)' LUA_CPATH='$(LUA_CPATH_)'"
RUN = LUA_PATH='$(LUA_PATH_)' LUA_CPATH='$(LUA_CPATH_)'

# ---- specs (busted is called by name: its own command may pick another Lua)
BUSTED ?= $(or $(wildcard /usr/bin/busted),$(shell command -v busted))
SPEC   ?= spec
spec: all
	@$(LUA) -v
	$(RUN) $(PRELOAD) $(LUA) $(BUSTED) $(BUSTED_FLAGS) $(SPEC)

deps-demo deps-test: deps-%:
	@bash .ci/deps $*

# The demo runs both Luas by itself: once is enough.
test: deps-test
	$(MAKE) $(JOBS) all LUA=lua5.4
	$(MAKE) $(JOBS) all LUA=luajit
	$(MAKE) $(JOBS) ctest
	$(MAKE) $(JOBS) states LUA=lua5.4
	$(MAKE) $(JOBS) states LUA=luajit
	$(MAKE) spec LUA=lua5.4
	$(MAKE) spec LUA=luajit BUSTED_FLAGS=--exclude-tags=demo

demo: deps-demo
	@$(MAKE) -s $(JOBS) all LUA=lua5.4
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@bash examples/demo/run $(if $(BREAK),--break $(BREAK))

ASAN_LIB = $(shell $(CC) -print-file-name=libasan.so)
UBSAN_LIB = $(shell $(CC) -print-file-name=libubsan.so)
asan: deps-test
	$(MAKE) $(JOBS) ctest MODE=asan CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) states MODE=asan LUA=lua5.4 CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) states MODE=asan LUA=luajit CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) asan-spec MODE=asan LUA=lua5.4 CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) asan-spec MODE=asan LUA=luajit CFLAGS="-O1 -g"
# The tests in C, those of the pool's thread among them, and programs with several states.
tsan: check-needed
	$(MAKE) $(JOBS) ctest MODE=tsan CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) states MODE=tsan LUA=lua5.4 CFLAGS="-O1 -g"
	$(MAKE) $(JOBS) states MODE=tsan LUA=luajit CFLAGS="-O1 -g"
.PHONY: asan-spec
asan-spec: PRELOAD = ASAN_OPTIONS=detect_leaks=1 LD_PRELOAD='$(ASAN_LIB) $(UBSAN_LIB)'
# Left out: what runs none of the C code here (the emulator, the house), or the ordinary builds in processes of its own
# (nginx, the demo).
asan-spec: SPEC = $(addprefix spec/,unit golden wire docs transport games conformance)
asan-spec: BUSTED_FLAGS += --exclude-tags=demo
asan-spec: spec

# ---- benchmarks of a game's tick, and the soak: a server written for them, beside the client
build/bench/sink: bench/tick/sink.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) -O2 -pthread -o $@ $< $(shell $(PKGCONFIG) --cflags --libs libssl libcrypto)
.PHONY: bench-tick soak
bench-tick: deps-demo
	@$(MAKE) -s $(JOBS) all build/bench/sink
	@LUA_PATH='$(LUA_PATH_);./?.lua' LUA_CPATH='$(LUA_CPATH_)' bash bench/tick/run $(LUA)
soak: deps-demo
	@$(MAKE) -s $(JOBS) all build/bench/sink
	@LUA_PATH='$(LUA_PATH_);./?.lua' LUA_CPATH='$(LUA_CPATH_)' bash bench/soak/run $(LUA)

.PHONY: bench-resty
bench-resty: deps-test
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@bash bench/resty/run

lint:
	bash .ci/lint

clean:
	rm -rf build
help:
	@sed -n '2,7p' Makefile | sed 's/^# //'
