// SPDX-License-Identifier: Apache-2.0
#include "io/aws/expanded_path.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace keyferry::io {
namespace {

std::string expanded(std::string_view path, std::map<std::string, std::string> more = {}) {
    std::map<std::string, std::string> variables{
        {"HOME", "/home/a/"}, {"DIR", "$X"}, {"X", "~"}, {"EMPTY", ""}};
    for (const auto& [name, value] : more) {
        variables[name] = value;
    }
    return expanded_path(path, [&](const char* name) {
        const auto at = variables.find(name);
        return at == variables.end() ? nullptr : at->second.c_str();
    });
}

TEST(ExpandedPath, replaces_home_only_at_beginning) {
    EXPECT_EQ(expanded("~"), "/home/a");
    EXPECT_EQ(expanded("~/.aws/config"), "/home/a/.aws/config");
    EXPECT_EQ(expanded("/x/~/y"), "/x/~/y");
    EXPECT_EQ(expanded("~b/config"), "~b/config");
    EXPECT_EQ(expanded("~/config", {{"HOME", "/"}}), "/config");
    EXPECT_EQ(expanded("~", {{"HOME", "/"}}), "/");
    EXPECT_EQ(expanded("~/config", {{"HOME", ""}}), "~/config");
}

TEST(ExpandedPath, replaces_variables_once) {
    EXPECT_EQ(expanded("$HOME/config"), "/home/a//config");
    EXPECT_EQ(expanded("/x${DIR}y$DIR.z$EMPTY"), "/x$Xy$X.z");
    EXPECT_EQ(expanded("$X/config"), "/home/a/config")
        << "the value of a variable may begin with ~";
}

TEST(ExpandedPath, keeps_unset_variables_and_other_dollar_signs) {
    for (const char* path :
         {"/x/$NOT_SET/y", "/${NOT SET}", "/$", "/$$", "/${HOME", "/$-x", "", "/${}"}) {
        EXPECT_EQ(expanded(path), path);
    }
}

}  // namespace
}  // namespace keyferry::io
