// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credential_chain.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace keyferry::io {

inline constexpr const char* kKeys =
    "aws_access_key_id = AKIDFILE\naws_secret_access_key = file-secret\n";

/// An isolated home directory and environment, and the credential chain found in them.
class FindCredentialChain : public ::testing::Test {
  protected:
    FindCredentialChain() : home_(folder_.file("home")) {
        std::filesystem::create_directories(home_ / ".aws");
        variables_["HOME"] = home_.string();
    }

    void set_keys() {
        variables_["AWS_ACCESS_KEY_ID"] = "AKIDENV";
        variables_["AWS_SECRET_ACCESS_KEY"] = "env-secret";
    }

    void write(const std::string& name, const std::string& content) {
        std::ofstream(home_ / ".aws" / name) << content;
    }

    Parsed<CredentialChain> plan(const std::optional<std::string>& profile = std::nullopt) {
        const Environment environment = [this](const char* name) {
            const auto at = variables_.find(name);
            return at == variables_.end() ? nullptr : at->second.c_str();
        };
        const Parsed<SharedConfig> config = SharedConfig::load(environment);
        return config ? find_credential_chain(profile, environment, *config)
                      : Parsed<CredentialChain>(config.error());
    }

    /// Returns the chain's source, which must have the type Origin.
    template <typename Origin>
    Origin origin(const std::optional<std::string>& profile = std::nullopt) {
        return std::get<Origin>(plan(profile).value().origin);
    }
    Credentials keys(const std::optional<std::string>& profile = std::nullopt) {
        return origin<Credentials>(profile);
    }

    std::string id_found(const std::optional<std::string>& profile = std::nullopt) {
        const Parsed<CredentialChain> planned = plan(profile);
        if (!planned) {
            return planned.error().text;
        }
        const auto* found = std::get_if<Credentials>(&planned->origin);
        return found == nullptr ? "another origin" : found->access_key_id;
    }

    std::string problem(const std::optional<std::string>& profile = std::nullopt) {
        const Parsed<CredentialChain> planned = plan(profile);
        return planned ? "no problem" : planned.error().text;
    }

    test::TemporaryFolder folder_;
    std::filesystem::path home_;
    std::map<std::string, std::string> variables_;
};

}  // namespace keyferry::io
