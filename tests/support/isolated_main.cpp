// SPDX-License-Identifier: Apache-2.0
// The main() of all test programs. It isolates tests from the environment, because AWS_* and proxy
// variables of the machine and ~/.aws of the user must not affect the code under test.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

void drop_outside_environment() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        names.push_back(text.substr(0, text.find('=')));
    }
    for (const std::string& name : names) {
        if (name.rfind("AWS_", 0) == 0 || name.rfind("SSL_", 0) == 0 ||
            name.find("proxy") != std::string::npos || name.find("PROXY") != std::string::npos) {
            ::unsetenv(name.c_str());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    drop_outside_environment();
    std::string home = std::filesystem::temp_directory_path() / "keyferry-test-home-XXXXXX";
    if (::mkdtemp(home.data()) == nullptr) {
        return 1;
    }
    ::setenv("HOME", home.c_str(), 1);
    ::testing::InitGoogleTest(&argc, argv);
    const int failed = RUN_ALL_TESTS();
    std::filesystem::remove_all(home);
    return failed;
}
