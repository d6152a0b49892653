# SPDX-License-Identifier: MIT
# make            builds for Lua 5.4        make LUA=luajit   builds for LuaJIT, side by side
# make demo       shows all 26 operations   make test         runs every test
# make quick      the specs for every save  make spec SPEC=F  one spec or folder
# make asan       tests under ASan/UBSan    make tsan         C tests under ThreadSanitizer
# make lint       static checks             make soak         200,000 requests: memory, descriptors
# make steady     the specs beside a load   make fresh        demo and test on fresh Debians 12 and 13
# make bench-tick what a game's tick pays   make bench-resty  beside a client written by hand for nginx
# make flood      how long others wait while one client sends to the emulator without pause
# make -s env     prints the export line that lets $(LUA) find what was built

LUA  ?= lua5.4
MODE ?= release
.DEFAULT_GOAL := all

CC        ?= cc
PKGCONFIG ?= pkg-config
MODES     := release asan tsan kqueue
SUFFIX    := $(if $(filter release,$(MODE)),,-$(MODE))
OUT       := build/$(LUA)$(SUFFIX)
TOP       := $(CURDIR)

# Which Lua this is, its interpreter knows; where there is none, the name has to do.
LUA_IS  := $(shell $(LUA) -e 'print(jit and "luajit" or _VERSION:match("[%d.]+"))' 2>/dev/null)
LUA_IS  := $(or $(LUA_IS),$(if $(findstring luajit,$(LUA)),luajit,5.4))
LUA_ABI := $(if $(filter luajit,$(LUA_IS)),5.1,$(LUA_IS))
is_5_4   = $(shell $(PKGCONFIG) --exists '$(1) >= 5.4' '$(1) < 5.5' 2>/dev/null && echo y)
LUA_PC  := $(if $(filter luajit,$(LUA_IS)),luajit,$(firstword $(foreach p,lua5.4 lua-5.4 lua54 lua,$(if $(call is_5_4,$(p)),$(p))) lua5.4))

# MODE=kqueue builds on Linux what the BSDs and macOS get, on top of libkqueue.
NET_PC   := libcurl libssl $(if $(filter kqueue,$(MODE)),libkqueue)
CURL_MIN := 7.87
CRYPTO_MIN := 3.0
lacks   = $(if $(shell command -v $(firstword $(1)) 2>/dev/null),,$(firstword $(1)))
unknown = $(if $(shell $(PKGCONFIG) --exists $(1) 2>/dev/null && echo y),,$(1))
MISSING = $(strip $(call lacks,$(CC)) $(call lacks,$(PKGCONFIG)) $(foreach p,$(LUA_PC) libcrypto $(1),$(call unknown,$(p))))

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
CFLAGS ?= -O2 -g
BASE   := -std=c99 -D_POSIX_C_SOURCE=200809L -fPIC -fvisibility=hidden -pthread $(WARN) -Icsrc
SAN_asan   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_tsan   := -fsanitize=thread -fno-omit-frame-pointer
SAN_kqueue := -DASR_ELSEWHERE
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
CURL_BIND := csrc/binding/curl.c csrc/binding/support.c csrc/binding/bind_errand.c $(wildcard csrc/binding/bind_pool*.c)
obj = $(patsubst csrc/%.c,$(OUT)/obj/%.o,$(1))
CORE_SO := $(OUT)/azure/signalr/core.so
CURL_SO := $(OUT)/azure/signalr/curl.so

# For the makes below that build: as many jobs as there are processors.
JOBS := -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: all core check-core check-needed env clean demo test ctest spec quick steady fresh asan tsan lint help \
  deps-demo deps-test flood
all: check-needed $(CORE_SO) $(CURL_SO)
# What nginx needs: without libcurl.
core: check-core $(CORE_SO)

# Everything that would end in the compiler's or linker's words is said here, before the first file is compiled.
wanted = if [ -n "$(1)" ]; then \
  echo "missing: $(1) (libraries by the names that pkg-config knows)" >&2; \
  command=$$(bash .ci/deps --command demo $(1)); \
  [ -z "$$command" ] || echo "on Debian or Ubuntu: $$command" >&2; exit 1; fi
new_enough = $(PKGCONFIG) --atleast-version=$(2) $(1) || { \
  echo "$(1) $$($(PKGCONFIG) --modversion $(1)) is too old: $(2) is the oldest that this can use." \
    "Debian 12 and Ubuntu 24.04 have it; let PKG_CONFIG_PATH name another one's lib/pkgconfig." >&2; exit 1; }
check-core:
ifndef ROCK
	@[ -n "$(filter $(MODE),$(MODES))" ] || { echo "MODE=$(MODE) is none of: $(MODES)" >&2; exit 1; }
	@[ -n "$(filter luajit 5.4,$(LUA_IS))" ] || { \
	  echo "$(LUA) is Lua $(LUA_IS); this builds for Lua 5.4 (LUA=lua5.4) and LuaJIT 2.1 (LUA=luajit)" >&2; exit 1; }
	@$(call wanted,$(call MISSING))
	@$(call new_enough,libcrypto,$(CRYPTO_MIN))
endif
check-needed: check-core
ifndef ROCK
	@$(call wanted,$(call MISSING,$(NET_PC)))
	@$(call new_enough,libcurl,$(CURL_MIN))
endif

$(CORE_SO): $(call obj,$(CORE_SRC) $(CORE_BIND))
	@mkdir -p $(@D)
	$(CC) $(SOFLAGS) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(CRYPTO)

$(CURL_SO): $(call obj,$(CORE_SRC) $(NET_SRC) $(CURL_BIND))
	@mkdir -p $(@D)
	$(CC) $(SOFLAGS) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(CURL) $(CRYPTO)

$(OUT)/obj/core/%.o: csrc/core/%.c | check-core
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/obj/net/%.o: csrc/net/%.c | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CURL_CF) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/obj/binding/%.o: csrc/binding/%.c | check-core
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(LUA_CFLAGS) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- for LuaRocks, which says where things lie: always anew, since it may mean another Lua than the last time
include_dirs = $(if $(1),-I'$(1)')
comma := ,
library_dirs = $(if $(1),-L'$(1)' -Wl$(comma)-rpath$(comma)'$(1)')
.PHONY: rock
rock:
	@rm -rf build/rock
	@$(MAKE) -s $(JOBS) build/rock/azure/signalr/core.so build/rock/azure/signalr/curl.so ROCK=yes OUT=build/rock \
	  SOFLAGS="$(LIBFLAG)" LUA_CFLAGS="$(call include_dirs,$(LUA_INCDIR))" \
	  CRYPTO_CF="$(call include_dirs,$(CRYPTO_INCDIR))" CRYPTO="$(call library_dirs,$(CRYPTO_LIBDIR)) -lcrypto" \
	  CURL_CF="$(call include_dirs,$(CURL_INCDIR))" CURL="$(call library_dirs,$(CURL_LIBDIR)) -lcurl $(call library_dirs,$(CRYPTO_LIBDIR)) -lssl"

# ---- C tests: one program for each csrc/test/test_*.c
TEST_SRC := $(wildcard csrc/test/test_*.c)
TESTS    := $(patsubst csrc/test/%.c,$(OUT)/test/%,$(TEST_SRC))
$(OUT)/test/%: csrc/test/%.c $(call obj,$(CORE_SRC) $(NET_SRC)) | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(CURL_CF) $(CRYPTO_CF) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(call obj,$(CORE_SRC) $(NET_SRC)) $(CURL) $(CRYPTO)
ctest: $(TESTS)
	@for t in $(TESTS); do echo "== $$t"; $$t || exit 1; done

# Programs that embed Lua: several lua_States on several threads; one that runs out of memory.
.PHONY: states
HOSTS := $(patsubst %,$(OUT)/test/%,states nomem)
$(HOSTS): $(OUT)/test/%: spec/support/%.c csrc/test/loopback.h csrc/test/check.h csrc/test/failing.h $(OUT)/obj/core/span.o | check-needed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(LUA_CFLAGS) $(CRYPTO_CF) $(CFLAGS) -o $@ $(filter %.c %.o,$^) $(shell $(PKGCONFIG) --libs $(LUA_PC)) $(CRYPTO)
states: all $(HOSTS)
	@for host in $(HOSTS); do $(RUN) $$host || exit 1; done

-include $(wildcard $(OUT)/obj/*/*.d $(OUT)/test/*.d)

# ---- where the interpreters find things
quoted = '$(subst ','\'',$(1))'
DEB_PATH := /usr/share/lua/5.3/?.lua
LUA_PATH_ := $(TOP)/lua/?.lua;$(TOP)/lua/?/init.lua;;$(if $(filter 5.4,$(LUA_ABI)),$(DEB_PATH))
LUA_CPATH_ := $(TOP)/$(OUT)/?.so;;
RUN = LUA_PATH=$(call quoted,$(LUA_PATH_)) LUA_CPATH=$(call quoted,$(LUA_CPATH_))
env:
	@printf '%s\n' $(call quoted,export $(RUN))

# ---- specs (busted is called by name: its own command may pick another Lua)
BUSTED ?= $(or $(wildcard /usr/bin/busted),$(shell command -v busted))
SPEC   ?= spec
spec: all
	@$(LUA) -v
	$(RUN) $(PRELOAD) $(LUA) $(BUSTED) --helper=spec/support/stop.lua $(BUSTED_FLAGS) $(SPEC)

# For every save: what needs no server but the emulator, on both Luas.
QUICK := $(addprefix spec/,unit wire golden docs house)
quick:
	@$(MAKE) -s $(JOBS) all LUA=lua5.4
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@$(MAKE) -s $(JOBS) $(SYNC) quick-lua5.4 quick-luajit
.PHONY: quick-lua5.4 quick-luajit
quick-lua5.4 quick-luajit: quick-%:
	@$(MAKE) -s spec LUA=$* SPEC="$(QUICK)" BUSTED_FLAGS=--exclude-tags=demo

# Three times on each Lua, beside as many busy loops as there are processors: no spec may need a quiet machine.
steady: deps-test
	@$(MAKE) -s $(JOBS) all LUA=lua5.4
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@bash .ci/steady $(SPEC)
# Debian 12 and 13 in folders, each with the commit that is checked out.
fresh:
	@COMMANDS='$(COMMANDS)' USERS='$(USERS)' bash .ci/fresh $(RELEASES)

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
# What libcurl does with its descriptors is not seen: a number that it closed passes for one that is still in use.
tsan: export TSAN_OPTIONS = suppressions=$(TOP)/.ci/tsan.supp
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
BENCH = LUA_PATH=$(call quoted,$(LUA_PATH_);./?.lua) LUA_CPATH=$(call quoted,$(LUA_CPATH_))
.PHONY: bench-tick soak
bench-tick: deps-demo
	@$(MAKE) -s $(JOBS) all build/bench/sink
	@$(BENCH) bash bench/tick/run $(LUA)
soak: deps-demo
	@$(MAKE) -s $(JOBS) all build/bench/sink
	@$(BENCH) bash bench/soak/run $(LUA)

# Others' waits while one client floods the emulator.
flood: deps-test
	@bash bench/flood/run

.PHONY: bench-resty
bench-resty: deps-test
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@bash bench/resty/run

# ---- beside other clients of HTTP, and instructions counted
build/bench/peer_%: bench/compare/peer_%.c bench/compare/measure.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) -O2 -o $@ $< $(shell $(PKGCONFIG) --cflags --libs libcurl libssl libcrypto)
.PHONY: bench
bench: deps-test
	@$(MAKE) -s $(JOBS) all LUA=lua5.4
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@$(MAKE) -s build/bench/peer_curl build/bench/peer_raw
	@LUA_PATH_54="$$($(MAKE) -s lua-path LUA=lua5.4)" LUA_CPATH_54='$(TOP)/build/lua5.4/?.so;;' \
	  LUA_PATH_jit="$$($(MAKE) -s lua-path LUA=luajit)" LUA_CPATH_jit='$(TOP)/build/luajit/?.so;;' \
	  LUA_PATH='./?.lua;;' bash bench/compare/run
.PHONY: bench-parts
bench-parts: deps-test
	@$(MAKE) -s $(JOBS) all LUA=lua5.4
	@$(MAKE) -s $(JOBS) all LUA=luajit
	@$(MAKE) -s build/bench/peer_curl build/bench/peer_raw build/bench/sink
	@LUA_PATH_54="$$($(MAKE) -s lua-path LUA=lua5.4)" LUA_CPATH_54='$(TOP)/build/lua5.4/?.so;;' \
	  LUA_PATH_jit="$$($(MAKE) -s lua-path LUA=luajit)" LUA_CPATH_jit='$(TOP)/build/luajit/?.so;;' \
	  bash bench/parts/run $(CHECK)
.PHONY: lua-path
lua-path:
	@echo '$(LUA_PATH_)'

# What must hold before a change lands.
.PHONY: ci
ci:
	@bash .ci/run

# ---- static checks, a file at a time: only what changed since it last passed
LINT_C := $(wildcard csrc/*/*.c)
LINT_H := $(wildcard csrc/*/*.h)
LINT_SH := $(wildcard .ci/* examples/*/run bin/signalr-listen spec/support/*.sh)
LINTED := $(patsubst %,build/tidy/%.ok,$(LINT_C) $(LINT_H)) $(patsubst %,build/tidy/%.sh.ok,$(LINT_SH))
LINT_CF = -std=c99 -D_POSIX_C_SOURCE=200809L -Icsrc $(shell $(PKGCONFIG) --cflags lua5.4 libcurl libcrypto)
build/tidy/%.c.ok: %.c .clang-format .clang-tidy
	@mkdir -p $(@D)
	@$(CC) $(LINT_CF) -MM -MP -MT $@ -MF build/tidy/$*.d $<
	@clang-format --dry-run -Werror $<
	@cppcheck --quiet --error-exitcode=1 --std=c99 --enable=warning,performance,portability --inline-suppr \
	  -D_POSIX_C_SOURCE=200809L -DLUA_VERSION_NUM=504 -DLIBCURL_VERSION_NUM=0x080000 -Icsrc $<
	@clang-tidy --quiet $< -- $(LINT_CF) 2>/dev/null
	@touch $@
build/tidy/%.h.ok: %.h .clang-format
	@mkdir -p $(@D)
	@clang-format --dry-run -Werror $<
	@touch $@
build/tidy/%.sh.ok: %
	@mkdir -p $(@D)
	@shellcheck -s bash $<
	@touch $@
.PHONY: lint-lua lint-files
lint-lua:
	@mkdir -p build
	@luacheck -q --cache build/luacheck lua spec examples bench bin
lint-files: lint-lua $(LINTED)
# Each tool must be there: a check that is skipped would look like one that passed.
lint:
	@for tool in shellcheck cppcheck clang-tidy clang-format luacheck $(firstword $(CC)) $(PKGCONFIG); do command -v $$tool >/dev/null || \
	  { echo "lint: $$tool is missing: bash .ci/deps test" >&2; exit 1; }; done
	@$(MAKE) -s -k $(JOBS) $(SYNC) lint-files
-include $(wildcard build/tidy/csrc/*/*.d)

clean:
	rm -rf build
help:
	@sed -n '2,11p' Makefile | sed 's/^# //'
