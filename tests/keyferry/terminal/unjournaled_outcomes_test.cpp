// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/unjournaled_outcomes.hpp"

#include "engine/journal/format/record.hpp"

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

const io::KeyArn& key() {
    static const io::KeyArn arn =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
            .value();
    return arn;
}

const io::Region& region() {
    static const io::Region replica = io::Region::parse("eu-west-1").value();
    return replica;
}

std::string lines_of(const std::vector<engine::JobEntry>& entries) {
    engine::JournalEncoder encoder(engine::JournalTail{});
    std::string lines;
    for (const engine::JobEntry& entry : entries) {
        encoder.append(lines, io::WallTime{}, entry);
    }
    return lines;
}

engine::JobEntry done() {
    engine::JobEntry entry(engine::JournalEvent::done, 3, key(), region());
    entry.attribution = engine::Attribution::created;
    entry.key_state = "Enabled";
    entry.request_id = "7b3a";
    return entry;
}

engine::JobEntry failed() {
    engine::JobEntry entry(engine::JournalEvent::failed, 4, key(), region());
    entry.code = "AccessDeniedException";
    entry.message = "who are \"you\"?";
    return entry;
}

TEST(UnjournaledOutcomes, describes_outcome_of_each_job) {
    const std::vector<std::string> notes = unwritten_notes(lines_of({done(), failed()}));
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0],
              "not in the journal: "
              "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab in "
              "eu-west-1 is done, created, Enabled (request 7b3a)");
    EXPECT_NE(notes[1].find("is failed, AccessDeniedException: who are \"you\"?"),
              std::string::npos);
}

TEST(UnjournaledOutcomes, omits_sent_records) {
    EXPECT_TRUE(unwritten_notes(
                    lines_of({engine::JobEntry(engine::JournalEvent::sent, 3, key(), region())}))
                    .empty());
    EXPECT_TRUE(unwritten_notes("").empty());
    EXPECT_TRUE(unwritten_notes("no record\n").empty());
}

TEST(UnjournaledOutcomes, writes_the_record_as_json) {
    const std::string lines = lines_of({done()});
    ASSERT_EQ(unwritten_json(lines).size(), 1U);
    EXPECT_EQ(unwritten_json(lines)[0],
              "{\"unwritten\":" + lines.substr(0, lines.size() - 1) + "}");
}

}  // namespace
}  // namespace keyferry::cli
