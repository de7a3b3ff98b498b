# SPDX-License-Identifier: Apache-2.0
# Sets up ccache for the build scripts, which source this file.
# shellcheck shell=bash

# use_compiler_cache ROOT: ROOT is the folder of this clone.
use_compiler_cache() {
    local clone=$1 folder=${CCACHE_DIR:-${HOME:-/nonexistent}}
    # ccache refuses to compile if it has no writable folder, for example for a user without a home.
    if [ -n "${CCACHE_DIR:-}" ]; then
        mkdir -p "$folder" 2>/dev/null || true
    fi
    if ! [ -d "$folder" ] || ! [ -w "$folder" ]; then
        export CCACHE_DIR=$clone/build/ccache
    fi
    # Clones share compiled files, because ccache ignores the path of the clone when it compares files.
    export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$clone}
    export CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
}
