// SPDX-License-Identifier: Apache-2.0
#include "tests/support/source_tree.hpp"

namespace keyferry::test {

std::string source_path(const std::string& file) {
    return KEYFERRY_SOURCE_DIR "/" + file;
}

}  // namespace keyferry::test
