// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/policy_digests.hpp"

#include "io/checksum/sha256.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace keyferry::planner {

std::vector<PolicyDigest> policy_digests(const Plan& plan) {
    std::vector<std::uint64_t> keys_of_group(plan.groups.size());
    std::map<std::pair<std::uint32_t, std::string_view>, std::uint64_t> copied;  // keys by text
    for (std::uint32_t key = 0; key < plan.keys.size(); ++key) {
        const std::uint32_t group = plan.keys[key].group;
        ++keys_of_group[group];
        if (!plan.groups[group].parameters.copied.policy) {
            continue;
        }
        const auto content = plan.contents.find(key);
        if (content != plan.contents.end() && content->second.policy != nullptr) {
            ++copied[{group, *content->second.policy}];
        }
    }
    std::vector<PolicyDigest> texts;
    const auto add = [&](std::uint32_t group, std::string_view text, std::uint64_t keys) {
        texts.push_back(PolicyDigest{group, io::hex(io::sha256(text)), text.size(), keys});
    };
    for (std::uint32_t group = 0; group < plan.groups.size(); ++group) {
        if (plan.groups[group].parameters.policy) {
            add(group, *plan.groups[group].parameters.policy, keys_of_group[group]);
        }
    }
    for (const auto& [group_and_text, keys] : copied) {
        add(group_and_text.first, group_and_text.second, keys);
    }
    std::sort(texts.begin(), texts.end(), [](const PolicyDigest& a, const PolicyDigest& b) {
        return std::tie(a.group, b.keys, a.sha256) < std::tie(b.group, a.keys, b.sha256);
    });
    return texts;
}

}  // namespace keyferry::planner
