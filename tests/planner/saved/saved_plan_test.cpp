// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/saved_plan.hpp"

#include "io/checksum/sha256.hpp"
#include "planner/review/plan_filter.hpp"
#include "planner/spec/load_fleet.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;

constexpr const char* kFleet = R"(
[fleet]
name = "payments \"of\" Köln"
account = "111122223333"
primary = "us-east-1"
allowed_regions = ["eu-*", "ap-*"]
[accounts.111122223333]
profile = "payments"
role = "arn:aws:iam::111122223333:role/keyferry"
duration = "45m"
session_policy = { inline = '{"Version":"2012-10-17"}' }
[prices]
key_usd_per_month = 0.75
[limits]
share = 0.5
[[limits.quota]]
region = "eu-west-1"
CreateKey = 12.5
[wait]
ready_timeout = "33m"
until_ready = false
[retry]
attempts_max = 3
[[group]]
name = "cards"
keys = ["mrk-00000000000000000000000000000002", "mrk-00000000000000000000000000000001"]
replicate_to = ["eu-west-1", "ap-southeast-2"]
policy = "default"
description = "a replica\nof two lines"
tags = { team = "cards", cost = "" }
[[group]]
name = "orders"
keys = ["mrk-00000000000000000000000000000003"]
replicate_to = ["eu-west-1"]
policy = { inline = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}' }
bypass_policy_lockout_safety_check = false
)";

SavedPlan example() {
    FleetLoad load =
        load_fleet(kFleet, "fleet.toml", [](const std::string&) -> io::Parsed<FileText> {
            return io::ParseProblem{"no files here"};
        });
    SavedPlan saved;
    saved.plan = std::move(load.plan.value());
    saved.review = unsurveyed_review(saved.plan);
    saved.review.is_surveyed = true;
    saved.review.calls = 12;
    saved.review.refused_accounts.emplace(io::AccountId::parse("333344445555").value(),
                                          "AssumeRole was denied");
    const io::AccountRegion home(saved.plan.keys[0].primary.account,
                                 saved.plan.keys[0].primary.region);
    saved.review.calls_by_quota = {QuotaCalls{home, io::KmsApi::describe_key, 7},
                                   QuotaCalls{home, io::KmsApi::get_key_policy, 5}};
    const auto judge = [&](JobIndex job, ActionReason reason) {
        saved.review.verdicts.at(job).reason = reason;
        saved.review.verdicts.at(job).action = action_of(reason);
    };
    judge(0, ActionReason::absent);
    judge(1, ActionReason::pending_deletion);
    judge(2, ActionReason::ready);
    judge(3, ActionReason::absent);
    judge(4, ActionReason::primary_moved);
    saved.review.deletion_dates_s.emplace(1, 1787745600.5);
    saved.review.moved_to.emplace(2, "eu-central-1");
    saved.review.extras.push_back(ExtraReplica{0, "us-west-2"});
    saved.review.extras.push_back(ExtraReplica{2, "eu-north-1"});
    saved.provenance.tool = "keyferry test";
    saved.provenance.made = "2026-11-24T18:00:00.000Z";
    saved.provenance.callers.emplace(saved.plan.keys[0].primary.account,
                                     "arn:aws:sts::111122223333:assumed-role/keyferry/ci");
    saved.provenance.spec = "fleet.toml";
    saved.provenance.spec_sha256 = saved.plan.sha256;
    return saved;
}

std::string text_of(const SavedPlan& saved) {
    std::string text;
    write_saved_plan(saved, [&](std::string_view piece) { text += piece; });
    return text;
}

std::string problem_of(std::string_view text) {
    const io::Parsed<SavedPlan> read = read_saved_plan(text);
    return read ? "" : read.error().text;
}

TEST(SavedPlan, round_trips) {
    const SavedPlan saved = example();
    const std::string text = text_of(saved);
    EXPECT_TRUE(text.starts_with(R"({"format":"keyferry-plan")"));
    io::Parsed<SavedPlan> read = read_saved_plan(text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(text_of(*read), text);
    EXPECT_EQ(read->provenance.callers, saved.provenance.callers);
    EXPECT_EQ(read->review.refused_accounts, saved.review.refused_accounts);
    EXPECT_EQ(read->plan.jobs, saved.plan.jobs);
    EXPECT_EQ(read->review.verdicts, saved.review.verdicts);
    EXPECT_EQ(read->review.deletion_dates_s, saved.review.deletion_dates_s);
    EXPECT_EQ(read->review.moved_to, saved.review.moved_to);
    EXPECT_EQ(read->review.calls_by_quota, saved.review.calls_by_quota);
    ASSERT_EQ(read->review.extras.size(), 2U);
    EXPECT_EQ(read->review.extras[1].region, "eu-north-1");
    EXPECT_EQ(read->plan.sha256, saved.plan.sha256);
    EXPECT_EQ(read->plan.settings.limits.overrides.at(0).quota_per_s, 12.5);
    EXPECT_EQ(read->plan.settings.wait.ready_timeout, std::chrono::minutes(33));
    EXPECT_FALSE(read->plan.settings.wait.until_ready);
    EXPECT_EQ(read->plan.settings.retry.attempts_max, 3);
    EXPECT_EQ(read->plan.settings.prices.key_usd_per_month, 0.75);
    EXPECT_EQ(read->plan.settings.accounts, saved.plan.settings.accounts);
    EXPECT_EQ(read->plan.settings.accounts.at(0).duration, std::chrono::minutes(45));
    EXPECT_EQ(read->plan.allowed_regions, (std::vector<std::string>{"eu-*", "ap-*"}));
    for (const Job& job : saved.plan.jobs) {
        EXPECT_EQ(request_digest(replicate_request(read->plan, job)),
                  request_digest(replicate_request(saved.plan, job)));
    }
}

TEST(SavedPlan, states_of_which_plan_it_is_a_part) {
    SavedPlan part = example();
    part.provenance.filter = "--first 5";
    part.provenance.whole_sha256 = std::string(64, 'a');
    part.provenance.callers.clear();
    const std::string text = text_of(part);
    EXPECT_THAT(text, testing::Not(HasSubstr("callers")));
    const io::Parsed<SavedPlan> read = read_saved_plan(text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->provenance.filter, "--first 5");
    EXPECT_EQ(read->provenance.whole_sha256, part.provenance.whole_sha256);
}

TEST(SavedPlan, has_one_line_per_group_and_key) {
    const std::string text = text_of(example());
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 + 3 + 1);
    EXPECT_THAT(text,
                HasSubstr(R"("group":0,"jobs":{"absent":["ap-southeast-2"],)"
                          R"("pending deletion":["eu-west-1"]},"extras":["us-west-2"])"));
}

/// The example with a group that copies everything from its two keys, which share one policy.
SavedPlan copying_example() {
    SavedPlan saved = example();
    saved.plan.groups[0].parameters = ReplicaParameters();
    saved.plan.groups[0].parameters.copied.policy = true;
    saved.plan.groups[0].parameters.copied.description = true;
    saved.plan.groups[0].parameters.copied.tags = true;
    KeyContent content;
    content.policy = std::make_shared<const std::string>(R"({"Id":"Köln"})");
    content.description = "first";
    content.tags = {io::Tag("a", "b")};
    KeyContent second = content;
    second.description = "";
    second.tags->clear();
    set_contents(saved.plan, {{0, content}, {1, second}});
    return saved;
}

TEST(SavedPlan, keeps_aliases) {
    SavedPlan saved = example();
    saved.plan.groups[0].parameters.aliases.copied = true;
    saved.plan.groups[1].parameters.aliases.templates = {"alias/a", "alias/{key_id}"};
    const io::Parsed<SavedPlan> back = read_saved_plan(text_of(saved));
    ASSERT_TRUE(back);
    for (std::size_t g = 0; g < 2; ++g) {
        EXPECT_EQ(back->plan.groups[g].parameters.aliases, saved.plan.groups[g].parameters.aliases);
    }
}

TEST(SavedPlan, keeps_the_wanted_state_of_replicas) {
    SavedPlan saved = example();
    EXPECT_THAT(text_of(saved), testing::Not(HasSubstr("\"enabled\"")))
        << "plans without the setting do not change";
    saved.plan.groups[0].parameters.enabled = EnabledSpec::no;
    saved.plan.groups[1].parameters.enabled = EnabledSpec::copied;
    JobVerdict& verdict = saved.review.verdicts.at(0);
    verdict = JobVerdict{JobAction::unusable, ActionReason::enabled, sync_enabled | sync_tags};
    io::Parsed<SavedPlan> back = read_saved_plan(text_of(saved));
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(back->plan.groups[0].parameters.enabled, EnabledSpec::no);
    EXPECT_EQ(back->plan.groups[1].parameters.enabled, EnabledSpec::copied);
    EXPECT_EQ(back->review.verdicts, saved.review.verdicts);
    verdict = JobVerdict{JobAction::unusable, ActionReason::disabled, 0};
    EXPECT_THAT(problem_of(text_of(saved)), HasSubstr("contradicts")) << "it should be Disabled";
    saved.plan.groups[0].parameters.enabled = EnabledSpec::yes;
    EXPECT_EQ(problem_of(text_of(saved)), "") << "as earlier versions wrote it";
}

TEST(SavedPlan, stores_copied_values_and_each_policy_once) {
    const SavedPlan saved = copying_example();
    const std::string text = text_of(saved);
    EXPECT_THAT(text, HasSubstr("\"version\":3"));
    EXPECT_THAT(text, HasSubstr(R"("copied":["policy","description","tags"])"));
    EXPECT_THAT(text, HasSubstr("\n{\"policy\":\"{\\\"Id\\\":\\\"Köln\\\"}\"}\n"));
    EXPECT_THAT(text, HasSubstr(R"("content":{"policy":0,"description":"","tags":[]})"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 + 1 + 3 + 1);
    const io::Parsed<SavedPlan> read = read_saved_plan(text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(text_of(*read), text);
    EXPECT_EQ(read->plan.contents, saved.plan.contents);
    EXPECT_EQ(read->plan.contents.at(0).policy, read->plan.contents.at(1).policy);
    for (const Job& job : saved.plan.jobs) {
        EXPECT_EQ(request_digest(replicate_request(read->plan, job)),
                  request_digest(replicate_request(saved.plan, job)));
    }
}

TEST(SavedPlan, can_lack_copied_values_if_planned_offline) {
    SavedPlan saved = copying_example();
    set_contents(saved.plan, {});
    const io::Parsed<SavedPlan> read = read_saved_plan(text_of(saved));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_TRUE(lacks_contents(read->plan));
    EXPECT_TRUE(read->plan.groups[0].parameters.copied.policy);
}

TEST(SavedPlan, rejects_any_changed_byte_with_copied_values) {
    const std::string text = text_of(copying_example());
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_NE(problem_of(changed), "") << "byte " << at;
    }
}

TEST(SavedPlan, rejects_any_changed_byte) {
    const std::string text = text_of(example());
    for (std::size_t at = 0; at < text.size(); at += 7) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_NE(problem_of(changed), "") << "byte " << at;
    }
}

TEST(SavedPlan, rejects_truncated_or_appended_data) {
    const std::string text = text_of(example());
    for (std::size_t size = 0; size < text.size(); size += 5) {
        EXPECT_NE(problem_of(text.substr(0, size)), "") << size << " bytes";
    }
    EXPECT_THAT(problem_of(text.substr(0, text.size() - 1)), HasSubstr("truncated"));
    EXPECT_THAT(problem_of(text + "{}\n"), HasSubstr("data after the last line"));
}

/// Replaces `was` with `is` in the header and corrects the checksum.
std::string with_header(std::string text, const std::string& was, const std::string& is) {
    text.replace(text.find(was), was.size(), is);
    const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
    const std::size_t checksum = text.find("\"checksum\":\"") + 12;
    return text.replace(checksum, 64, io::hex(io::sha256(std::string_view(text).substr(0, last))));
}

TEST(SavedPlan, of_an_earlier_format_version_is_refused_with_the_command_to_plan_again) {
    for (const std::string version : {"1", "2"}) {
        EXPECT_EQ(
            problem_of(with_header(text_of(example()), "\"version\":3", "\"version\":" + version)),
            "line 1: the plan has format version " + version +
                ", which this version of keyferry no longer reads. Create it again: keyferry plan "
                "fleet.toml --out PLAN");
    }
}

TEST(SavedPlan, rejects_inconsistent_call_counts) {
    const std::string text = text_of(example());
    EXPECT_THAT(problem_of(with_header(text, "\"calls\":12", "\"calls\":13")),
                HasSubstr("\"calls_by_quota\" does not add up to \"calls\""));
    EXPECT_THAT(problem_of(with_header(text, "\"GetKeyPolicy\",5", "\"GetKeyTiger\",5")),
                HasSubstr("an invalid account or an unknown API"));
    EXPECT_THAT(problem_of(with_header(text, "\"GetKeyPolicy\",5", "\"GetKeyPolicy\"")),
                HasSubstr("a row that is not [account, Region, API, calls]"));
}

TEST(SavedPlan, errors_state_line_and_remedy) {
    std::string text = text_of(example());
    const std::size_t at = text.find("\"cards\"");
    std::string changed = text;
    changed.replace(at, 7, "\"bards\"");
    EXPECT_EQ(problem_of(changed),
              "line 7: the checksum does not match: the file was changed after it was written. "
              "Create the plan again");
    std::string newer = text;
    newer.replace(newer.find("\"version\":3"), 11, "\"version\":4");
    EXPECT_THAT(problem_of(newer), HasSubstr("use a newer version of keyferry"));
    EXPECT_THAT(problem_of("[fleet]\n"), HasSubstr("line 1: not a JSON object"));
}

TEST(SavedPlan, can_be_filtered_to_replicas_to_create) {
    const SavedPlan saved = example();
    PlanFilter creations;
    creations.actions = {JobAction::create};
    ReviewedPlan reviewed{saved.plan, saved.review};
    ASSERT_TRUE(filter(reviewed, creations));
    const Plan& plan = reviewed.plan;
    ASSERT_EQ(plan.jobs.size(), 2U);
    EXPECT_EQ(plan.keys.size(), 2U);
    EXPECT_EQ(plan.groups.size(), 1U);
    EXPECT_EQ(replica_arn(plan, plan.jobs[1]).text(),
              replica_arn(saved.plan, saved.plan.jobs[3]).text());
    EXPECT_NE(plan.sha256, saved.plan.sha256);
}

}  // namespace
}  // namespace keyferry::planner
