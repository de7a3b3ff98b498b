// SPDX-License-Identifier: Apache-2.0
//
// Forges saved plans: changes members of a valid plan at random, or swaps them between two valid
// plans, and then corrects the checksum and the SHA-256, as an attacker would. A forged plan must
// not be accepted if it would do anything that a plan created from its spec would not do.
#include "io/checksum/sha256.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/saved/saved_plan.hpp"
#include "planner/saved/spec_match.hpp"
#include "planner/spec/load_fleet.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr std::size_t kForgedPlans = 10'000;
constexpr std::size_t kComparedMin = 5'000;

constexpr std::string_view kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]})";

/// A spec; `variant` 0 is the original. The others differ in values that an attacker would want to
/// change.
std::string spec_text(int variant) {
    std::string policy(kPolicy);
    if (variant == 1) {
        policy.replace(policy.find("111122223333"), 12, "666655554444");
    }
    return fmt::format(R"(
[fleet]
name = "{}"
account = "111122223333"
primary = "us-east-1"
allowed_regions = ["eu-*", "ap-*"{}]
[accounts.111122223333]
role = "arn:aws:iam::111122223333:role/{}"
[prices]
key_usd_per_month = {}
[limits]
share = 0.5
[[group]]
name = "cards"
keys = ["mrk-00000000000000000000000000000001", "mrk-0000000000000000000000000000000{}"]
replicate_to = ["eu-west-1", "ap-southeast-2", "{}"]
policy = {{ inline = '{}' }}
bypass_policy_lockout_safety_check = {}
description = "{}"
tags = {{ team = "cards", cost = "{}" }}
[[group]]
name = "orders"
keys = ["mrk-00000000000000000000000000000003"]
replicate_to = ["eu-west-1"]
policy = "copy"
aliases = ["alias/orders-{{key_id}}"{}]
enabled = {}
[[group]]
name = "chosen"
replicate_to = ["eu-west-1"]
policy = "default"
select = {{ alias = ["{}*"], except = ["mrk-000000000000000000000000000000ee"] }}
)",
                       variant == 1 ? "other" : "payments",
                       variant == 1 ? ", \"us-*\"" : "",
                       variant == 1 ? "admin" : "keyferry",
                       variant == 1 ? "0.01" : "0.75",
                       variant == 1 ? "4" : "2",
                       variant == 1 ? "us-west-2" : "eu-central-1",
                       policy,
                       variant == 1 ? "true" : "false",
                       variant == 1 ? "taken over" : "a replica",
                       variant == 1 ? "2" : "1",
                       variant == 1 ? ", \"alias/x-{key_id}\"" : "",
                       variant == 1 ? "true" : "false",
                       variant == 1 ? "a" : "b");
}

FleetLoad load(int variant) {
    return load_fleet(
        spec_text(variant), "fleet.toml", [](const std::string&) -> io::Parsed<FileText> {
            return io::ParseProblem{"no files here"};
        });
}

/// The plan after a survey of the fleet, with a selected key and copied policies.
SavedPlan made_from(int variant) {
    FleetLoad loaded = load(variant);
    SavedPlan saved;
    saved.provenance.spec_sha256 = loaded.unresolved.value().sha256;
    const io::KeyArn found =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-000000000000000000000000000000aa")
            .value();
    SelectedKey selected(found);
    selected.group = 2;
    saved.plan = plan_selected_keys(*std::move(loaded.unresolved), {selected}).plan.value();
    KeyContent content;
    content.policy = std::make_shared<const std::string>(kPolicy);
    KeyContents contents;
    for (std::uint32_t key = 0; key < saved.plan.keys.size(); ++key) {
        if (copied_parts(saved.plan, key).any()) {
            contents.emplace(key, content);
        }
    }
    set_contents(saved.plan, std::move(contents));
    saved.review = unsurveyed_review(saved.plan);
    saved.review.is_surveyed = true;
    saved.review.calls = 4;
    saved.review.calls_by_quota = {
        QuotaCalls{io::AccountRegion(found.account, found.region), io::KmsApi::describe_key, 4}};
    for (JobVerdict& verdict : saved.review.verdicts) {
        verdict.reason = ActionReason::absent;
        verdict.action = JobAction::create;
    }
    saved.review.extras.push_back(ExtraReplica{0, "us-west-1"});
    saved.provenance.tool = "keyferry test";
    saved.provenance.made = "2026-11-24T18:00:00.000Z";
    saved.provenance.spec = "fleet.toml";
    return saved;
}

/// A plan as lines of JSON.
using Lines = std::vector<json::value>;

std::string plan_text(const SavedPlan& saved) {
    std::string text;
    write_saved_plan(saved, [&](std::string_view piece) { text += piece; });
    return text;
}

Lines lines_of(const std::string& text) {
    Lines lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        lines.push_back(json::parse(text.substr(at, end - at)));
        at = end + 1;
    }
    return lines;
}

/// Writes the lines with a correct checksum.
std::string sealed(Lines lines) {
    std::string text;
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        text += json::serialize(lines[i]) + "\n";
    }
    json::object end;
    end["end"] = true;
    end["lines"] = lines.size();
    end["checksum"] = io::hex(io::sha256(text));
    return text + json::serialize(end) + "\n";
}

std::string text_in(const json::object& object, std::string_view name) {
    return std::string(object.at(name).as_string());
}

/// The parameters in a group's line on which the plan's SHA-256 depends.
ReplicaParameters parameters_in(const json::object& group) {
    ReplicaParameters parameters;
    if (group.at("policy").is_string()) {
        parameters.policy = text_in(group, "policy");
    }
    parameters.policy_is_template = group.at("policy_is_template").as_bool();
    if (group.at("bypass").is_bool()) {
        parameters.bypass_policy_lockout_safety_check = group.at("bypass").as_bool();
    }
    if (group.at("description").is_string()) {
        parameters.description = text_in(group, "description");
    }
    for (const json::value& tag : group.at("tags").as_array()) {
        parameters.tags.emplace_back(std::string(tag.at(0).as_string()),
                                     std::string(tag.at(1).as_string()));
    }
    for (const json::value& part : group.at("copied").as_array()) {
        parameters.copied.policy |= part == "policy";
        parameters.copied.description |= part == "description";
        parameters.copied.tags |= part == "tags";
    }
    return parameters;
}

/// Computes the SHA-256 of the plan from its lines. Throws if they are malformed.
std::string sha256_of(const Lines& lines) {
    Plan plan;
    std::vector<SharedText> policies;
    std::map<std::string, std::uint32_t> regions;
    for (const json::value& region : lines.at(0).at("regions").as_array()) {
        regions.emplace(region.as_string(), plan.regions.size());
        plan.regions.push_back(io::Region::parse(region.as_string()).value());
    }
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        const json::object& line = lines[i].as_object();
        if (line.contains("policy_is_template")) {
            plan.groups.push_back(PlannedGroup{text_in(line, "group"), parameters_in(line)});
        } else if (!line.contains("key")) {
            policies.push_back(std::make_shared<const std::string>(text_in(line, "policy")));
        } else {
            const auto key = static_cast<std::uint32_t>(plan.keys.size());
            plan.keys.push_back(
                PlannedKey{io::KeyArn::parse(text_in(line, "key")).value(),
                           static_cast<std::uint32_t>(line.at("group").as_int64())});
            if (plan.keys.back().group >= plan.groups.size()) {
                throw std::runtime_error("no such group");
            }
            std::vector<std::uint32_t> of_key;
            for (const auto& reason : line.at("jobs").as_object()) {
                for (const json::value& region : reason.value().as_array()) {
                    of_key.push_back(regions.at(std::string(region.as_string())));
                }
            }
            std::sort(of_key.begin(), of_key.end());
            for (const std::uint32_t region : of_key) {
                plan.jobs.push_back(Job{key, region});
            }
            if (const json::value* content = line.if_contains("content")) {
                KeyContent values;
                if (const json::value* number = content->as_object().if_contains("policy")) {
                    values.policy = policies.at(static_cast<std::size_t>(number->as_int64()));
                }
                plan.contents.emplace(key, values);
            }
        }
    }
    return plan_sha256(plan);
}

/// Corrects the counts, the SHA-256 and the checksum.
std::string resealed(Lines lines) {
    try {
        json::object& header = lines.at(0).as_object();
        std::int64_t groups = 0;
        std::int64_t keys = 0;
        std::int64_t jobs = 0;
        for (const json::value& line : lines) {
            groups += line.as_object().contains("policy_is_template") ? 1 : 0;
            if (const json::value* of_key = line.as_object().if_contains("jobs");
                of_key != nullptr && of_key->is_object()) {
                ++keys;
                for (const auto& reason : of_key->get_object()) {
                    jobs += static_cast<std::int64_t>(reason.value().as_array().size());
                }
            }
        }
        header["groups"] = groups;
        header["keys"] = keys;
        header["jobs"] = jobs;
        header["sha256"] = sha256_of(lines);
    } catch (const std::exception&) {
        // malformed plans are rejected before the hash is checked
    }
    return sealed(std::move(lines));
}

/// Returns the key of a line. Only KMS knows which keys the group "chosen" selects, so the spec can
/// produce a plan with any keys of that account and Region that it neither lists nor excludes.
std::string key_in(const json::object& line, const std::string& group) {
    std::string key = text_in(line, "key");
    const bool can_be_selected = key.starts_with("arn:aws:kms:us-east-1:111122223333:key/mrk-") &&
                                 !key.ends_with("ee") && !key.ends_with("0000000001") &&
                                 !key.ends_with("0000000002") && !key.ends_with("0000000003");
    return can_be_selected && group.find("group=\"chosen\"") != std::string::npos ? "selected key"
                                                                                  : key;
}

/// What a plan does, as text: everything except the members that only report what KMS returned.
std::set<std::string> meaning_of(const Lines& lines) {
    std::set<std::string> meaning;
    const json::object& header = lines.at(0).as_object();
    meaning.insert("fleet " + text_in(header, "fleet"));
    meaning.insert("allowed " + json::serialize(header.at("allowed_regions")));
    const json::object& settings = header.at("settings").as_object();
    meaning.insert("prices " + json::serialize(settings.at("prices")));
    meaning.insert("accounts " + json::serialize(settings.at("accounts")));
    std::map<std::int64_t, std::string> groups;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        const json::object& line = lines[i].as_object();
        if (line.contains("policy_is_template")) {
            std::map<std::string, std::string> members;
            for (const auto& member : line) {
                members.emplace(member.key(), json::serialize(member.value()));
            }
            std::string text = "group";
            for (const auto& [name, value] : members) {
                text += " " + name + "=" + value;
            }
            groups.emplace(groups.size(), text);
            meaning.insert(text);
        } else if (line.contains("key")) {
            const std::string& group = groups.at(line.at("group").as_int64());
            for (const auto& reason : line.at("jobs").as_object()) {
                for (const json::value& region : reason.value().as_array()) {
                    meaning.insert(fmt::format("{} -> {} {}",
                                               key_in(line, group),
                                               std::string(region.as_string()),
                                               group));
                }
            }
        }
    }
    return meaning;
}

/// Changes random members.
class Forger {
  public:
    explicit Forger(std::uint64_t seed) : random_(seed) {}

    /// Changes one to three places of `lines`, some of them to values of `other`.
    void forge(Lines& lines, const Lines& other) {
        const std::size_t changes = 1 + below(3);
        for (std::size_t change = 0; change < changes; ++change) {
            const std::size_t line = below(lines.size() - 1);
            if (below(3) == 0) {
                swap_member(lines[line], other[below(other.size() - 1)]);
            } else {
                change_value(lines[line], 0);
            }
        }
    }

    /// Returns a value with the members of all its objects in random order.
    json::value shuffled(const json::value& value) {
        if (value.is_array()) {
            json::array array;
            for (const json::value& element : value.get_array()) {
                array.push_back(shuffled(element));
            }
            return array;
        }
        if (!value.is_object()) {
            return value;
        }
        std::vector<std::pair<std::string, json::value>> members;
        for (const auto& member : value.get_object()) {
            members.emplace_back(member.key(), shuffled(member.value()));
        }
        std::shuffle(members.begin(), members.end(), random_);
        json::object object;
        for (auto& [name, member] : members) {
            object[name] = std::move(member);
        }
        return object;
    }

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }

  private:
    /// Replaces a member of `line` with the same member of `other`.
    void swap_member(json::value& line, const json::value& other) {
        json::object& object = line.as_object();
        const auto member = other.as_object().begin() +
                            static_cast<std::ptrdiff_t>(below(other.as_object().size()));
        if (object.contains(member->key())) {
            object[member->key()] = member->value();
        }
    }

    void change_value(json::value& value, int depth) {
        if (value.is_object() && !value.get_object().empty()) {
            json::object& object = value.get_object();
            const auto member = object.begin() + static_cast<std::ptrdiff_t>(below(object.size()));
            const std::string name(member->key());
            switch (below(depth == 0 ? 12 : 6)) {
                case 0:
                    object.erase(name);
                    return;
                case 1:
                    object["extra"] = object.at(name);
                    return;
                default:
                    change_value(object.at(name), depth + 1);
                    return;
            }
        }
        if (value.is_array()) {
            change_array(value.get_array(), depth);
        } else if (value.is_bool()) {
            value = !value.get_bool();
        } else if (value.is_int64()) {
            value = value.get_int64() + static_cast<std::int64_t>(below(5)) - 2;
        } else if (value.is_double()) {
            value = value.get_double() * (below(2) == 0 ? 0.5 : 2);
        } else if (value.is_string()) {
            change_text(value);
        } else {
            value = kWords[below(kWords.size())];
        }
    }

    void change_array(json::array& array, int depth) {
        const std::size_t what = array.empty() ? 0 : below(5);
        if (what == 0) {
            array.push_back(json::value(kWords[below(kWords.size())]));
        } else if (what == 1) {
            array.erase(array.begin() + static_cast<std::ptrdiff_t>(below(array.size())));
        } else {
            change_value(array[below(array.size())], depth + 1);
        }
    }

    void change_text(json::value& value) {
        std::string text(value.get_string());
        const std::size_t what = text.empty() ? 0 : below(4);
        if (what == 0) {
            text = kWords[below(kWords.size())];
        } else if (what == 1) {
            text[below(text.size())] = static_cast<char>('0' + below(10));
        } else if (const std::size_t at = text.find("111122223333");
                   what == 2 && at != std::string::npos) {
            text.replace(at, 12, "666655554444");
        } else {
            text += text.back();
        }
        value = text;
    }

    static constexpr std::array<std::string_view, 12> kWords{"us-west-2",
                                                             "eu-west-1",
                                                             "ap-southeast-2",
                                                             "eu-central-1",
                                                             "cards",
                                                             "orders",
                                                             "chosen",
                                                             "policy",
                                                             "tags",
                                                             "copy",
                                                             "us-*",
                                                             "*"};
    std::mt19937_64 random_;
};

enum class Fate { malformed, differs, accepted };

/// Whether a plan is malformed, differs from the spec, or is accepted.
Fate fate_of(const std::string& text) {
    io::Parsed<SavedPlan> read = read_saved_plan(text);
    if (!read) {
        return Fate::malformed;
    }
    const SpecMatch match = match_with_spec(*read, load(0));
    return match.is_current && match.differences.empty() ? Fate::accepted : Fate::differs;
}

std::string first_problem(const std::string& text) {
    io::Parsed<SavedPlan> read = read_saved_plan(text);
    if (!read) {
        return read.error().text;
    }
    const SpecMatch match = match_with_spec(*read, load(0));
    return match.differences.empty() ? "" : match.differences.front();
}

TEST(ForgedPlans, only_plans_that_the_spec_can_produce_are_accepted) {
    const Lines honest = lines_of(plan_text(made_from(0)));
    const Lines other = lines_of(plan_text(made_from(1)));
    const std::set<std::string> meaning = meaning_of(honest);
    ASSERT_EQ(fate_of(resealed(honest)), Fate::accepted) << first_problem(resealed(honest));
    ASSERT_EQ(fate_of(resealed(other)), Fate::differs) << first_problem(resealed(other));
    std::map<Fate, std::size_t> fates;
    for (std::size_t seed = 0; fates[Fate::differs] < kComparedMin || seed < kForgedPlans; ++seed) {
        ASSERT_LT(seed, 20 * kForgedPlans);
        Forger forger(seed);
        // An attacker who knows the format may start from a plan of another spec.
        Lines lines = forger.below(2) == 0 ? honest : other;
        lines[0].as_object()["spec_sha256"] = honest[0].at("spec_sha256");
        forger.forge(lines, other);
        const std::string text = resealed(lines);
        const Fate fate = fate_of(text);
        ++fates[fate];
        if (fate == Fate::accepted) {
            const std::set<std::string> forged = meaning_of(lines);
            EXPECT_TRUE(std::includes(meaning.begin(), meaning.end(), forged.begin(), forged.end()))
                << "seed " << seed << "\n"
                << text;
        }
    }
    RecordProperty("malformed", static_cast<int>(fates[Fate::malformed]));
    RecordProperty("differs", static_cast<int>(fates[Fate::differs]));
    RecordProperty("accepted", static_cast<int>(fates[Fate::accepted]));
    fmt::print("forged plans: {} malformed, {} differ from the spec, {} accepted\n",
               fates[Fate::malformed],
               fates[Fate::differs],
               fates[Fate::accepted]);
}

TEST(ForgedPlans, equivalent_plans_are_accepted) {
    const Lines honest = lines_of(plan_text(made_from(0)));
    for (std::size_t seed = 0; seed < 200; ++seed) {
        Forger forger(seed);
        Lines lines;
        for (const json::value& line : honest) {
            lines.push_back(forger.shuffled(line));
        }
        const std::string text = sealed(lines);
        EXPECT_EQ(fate_of(text), Fate::accepted) << first_problem(text);
    }
}

/// Returns the first problem after `change` was applied to the line that has the member `marker`.
template <typename Change>
std::string problem_with(std::string_view marker, Change change) {
    Lines lines = lines_of(plan_text(made_from(0)));
    for (json::value& line : lines) {
        if (line.as_object().contains(marker)) {
            change(line.as_object());
            break;
        }
    }
    return first_problem(resealed(lines));
}

TEST(ForgedPlans, problems_are_named) {
    EXPECT_EQ(problem_with("key", [](auto&) {}), "");
    EXPECT_THAT(
        problem_with("bypass", [](auto& group) { group["bypass"] = true; }),
        HasSubstr("with a different policy, description, tags or bypass setting in the spec"));
    EXPECT_THAT(problem_with("format",
                             [](auto& header) {
                                 header["regions"] =
                                     json::parse(R"(["ap-southeast-2","eu-west-1","us-west-2"])");
                             }),
                HasSubstr("line"));
    EXPECT_THAT(problem_with("enabled", [](auto& group) { group["enabled"] = "copy"; }),
                HasSubstr("a different value of enabled in the spec"));
    EXPECT_THAT(problem_with("enabled", [](auto& group) { group.erase("enabled"); }),
                HasSubstr("a different value of enabled in the spec"));
    EXPECT_THAT(problem_with("format", [](auto& header) { header["note"] = 1; }),
                HasSubstr("line 1: the line differs from what keyferry writes"));
    EXPECT_THAT(
        problem_with("bypass", [](auto& group) { group["policy"] = std::string(40'000, ' '); }),
        HasSubstr("policy"));
    EXPECT_THAT(
        problem_with("format",
                     [](auto& header) { header["allowed_regions"] = json::parse(R"(["eu-*"])"); }),
        HasSubstr("is not in allowed_regions"));
    EXPECT_THAT(
        problem_with("format",
                     [](auto& header) {
                         header["settings"].as_object()["prices"].as_object()["key_usd_per_month"] =
                             0.01;
                     }),
        HasSubstr("[prices] is different in the spec"));
    EXPECT_THAT(problem_with("format",
                             [](auto& header) {
                                 header["settings"].as_object()["prices"].as_object().erase(
                                     "requests_usd_per_10000");
                             }),
                HasSubstr("line 1: the setting requests_usd_per_10000 is missing or out of range"));
}

TEST(ForgedPlans, repeated_members_are_refused) {
    std::string text = plan_text(made_from(0));
    const std::size_t at = text.find("\"bypass\":");
    text.insert(at, "\"bypass\":true,");
    const std::size_t end = text.rfind("{\"end\"");
    const std::size_t checksum = text.find("\"checksum\":\"") + 12;
    text.replace(checksum, 64, io::hex(io::sha256(std::string_view(text).substr(0, end))));
    EXPECT_THAT(first_problem(text), HasSubstr("differs from what keyferry writes"));
}

TEST(ForgedPlans, limits_of_the_spec_apply) {
    SavedPlan saved = made_from(0);
    saved.plan.settings.limits.share = 0.9;
    const SpecMatch match = match_with_spec(saved, load(0));
    EXPECT_TRUE(match.differences.empty());
    EXPECT_EQ(saved.plan.settings.limits.share, 0.5);
}

TEST(ForgedPlans, values_from_kms_are_named) {
    const std::vector<std::string> values = values_from_kms(made_from(0));
    ASSERT_EQ(values.size(), 3U);
    EXPECT_THAT(values[0], HasSubstr("the states of primaries and replicas"));
    EXPECT_THAT(values[1], HasSubstr("which keys group 'chosen' selects"));
    EXPECT_THAT(values[2], HasSubstr("tags of 'orders'"));
}

}  // namespace
}  // namespace keyferry::planner
