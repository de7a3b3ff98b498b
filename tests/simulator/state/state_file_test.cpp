// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/state/state_file.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/simulator/support/example_keys.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kKeyId{kKeyIdText};

/// A simulator with a state file. The destructor does not shut it down, as if it were killed.
class Simulator {
  public:
    explicit Simulator(const std::string& path) {
        auto opened = StateFile::open(path, 1);
        if (!opened) {
            problem = opened.error().text;
            return;
        }
        file = *std::move(opened);
        keep(file->restore_time(time));
        settings.start = file->start();
        model.emplace(settings);
        callers.add(SimulatorRole{account(), "deployer", "", ""});
        keep(file->load(parts(), time.now()));
        if (problem.empty()) {
            keep(file->begin(parts(), time));
        }
    }
    template <typename Request>
    void call(const Request& request, const io::AccountRegion& place = in_virginia()) {
        const auto handled = model->handle(place, request, time.now());
        const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
        EXPECT_EQ(refusal, nullptr) << refusal->message;
        save();
    }
    void save() { keep(file->save(parts(), time)); }
    SavedParts parts() { return SavedParts{*model, callers}; }

    boost::asio::io_context io{1};
    io::VirtualClock machine{io};
    TimeControl time{machine};
    KmsModelSettings settings;
    std::unique_ptr<StateFile> file;
    std::optional<KmsModel> model;
    Callers callers;
    std::string problem;

  private:
    void keep(const std::optional<StateProblem>& found) {
        if (found) {
            problem = found->text;
        }
    }
};

class StateFileTest : public testing::Test {
  protected:
    static io::CreateKeyRequest multi_region() {
        io::CreateKeyRequest request;
        request.multi_region = true;
        return request;
    }
    std::string content() const {
        std::ifstream stream(path_);
        std::ostringstream text;
        text << stream.rdbuf();
        return text.str();
    }
    void replace(const std::string& text) const { std::ofstream(path_) << text; }
    std::string problem() const { return Simulator(path_).problem; }
    void create_keys(int number) const {
        Simulator simulator(path_);
        for (int i = 0; i < number; ++i) {
            simulator.call(multi_region());
        }
        ASSERT_EQ(simulator.problem, "");
    }

    test::TemporaryFolder folder_;
    std::string path_ = folder_.file("kms.state");
};

TEST_F(StateFileTest, contains_every_change_as_soon_as_it_is_saved) {
    std::string expected;
    {
        Simulator first(path_);
        first.model->add_primary_key(primary());
        first.call(io::CreateAliasRequest("alias/orders", kKeyId));
        first.call(replicate_to_ireland());
        first.call(io::UpdateKeyDescriptionRequest(kKeyId, "orders"));
        expected = first.model->state_text(first.time.now());
    }
    Simulator second(path_);
    EXPECT_EQ(second.problem, "");
    EXPECT_EQ(second.model->state_text(second.time.now()), expected);
}

TEST_F(StateFileTest, contains_temporary_credentials) {
    {
        Simulator first(path_);
        SimulatorIdentity session("ASIAFIRST", io::Secret("secret"), account());
        session.name = "assumed-role/deployer/me";
        session.expires_at = first.time.now().wall + 1h;
        ASSERT_TRUE(first.callers.add_temporary(std::move(session), first.time.now().wall));
        first.save();
    }
    for (int start = 0; start < 2; ++start) {  // the second reads what the first has rewritten
        Simulator later(path_);
        EXPECT_EQ(later.problem, "");
        std::vector<std::string> records;
        later.callers.save(later.time.now().wall,
                           [&](const std::string& record) { records.push_back(record); });
        EXPECT_EQ(records.size(), 1U);
    }
}

TEST_F(StateFileTest, each_start_creates_new_keys_with_the_same_seed) {
    create_keys(2);
    create_keys(2);
    create_keys(2);
    EXPECT_EQ(Simulator(path_).model->key_count(), 6U);
    EXPECT_EQ(Simulator(path_).file->start(), 6U);  // five earlier starts, and this one
}

TEST_F(StateFileTest, belongs_to_one_seed) {
    create_keys(1);
    EXPECT_THAT(StateFile::open(path_, 2).error().text,
                EndsWith("was created with seed 1; use --seed 1"));
}

TEST_F(StateFileTest, contains_the_time) {
    {
        Simulator first(path_);
        first.time.change(TimeChange{48h, std::nullopt});
        first.save();
        first.time.change(TimeChange{1h, 60});
        first.save();
    }
    Simulator second(path_);
    second.machine.advance(1s);
    EXPECT_EQ(second.time.now().wall, second.machine.wall_now() + 49h + 59s);
}

TEST_F(StateFileTest, fast_time_continues_where_the_last_request_was_answered) {
    io::WallTime answered_at;
    {
        Simulator first(path_);
        first.time.change(TimeChange{0ms, 3600});
        first.save();
        first.machine.advance(8s);
        answered_at = first.time.now().wall;
        first.save();  // after a request that changes nothing
    }
    Simulator second(path_);  // its machine's clock is 8 s behind, as if it had been set back
    EXPECT_EQ(second.time.now().wall, answered_at);
    second.machine.advance(2s);
    EXPECT_EQ(second.time.now().wall, answered_at + 2h);
}

TEST_F(StateFileTest, an_incomplete_last_record_is_ignored) {
    create_keys(3);
    const std::string whole = content();
    const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t size = last; size < whole.size(); size += 7) {
        replace(whole.substr(0, size));
        Simulator simulator(path_);
        ASSERT_EQ(simulator.problem, "") << size;
        ASSERT_EQ(simulator.model->key_count(), 2U) << size;
    }
}

TEST_F(StateFileTest, damage_is_reported_with_its_line) {
    create_keys(3);
    const std::string whole = content();
    std::size_t damaged_line = 1;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i] == '\n') {
            ++damaged_line;  // the newline is damaged, so that two lines become one
            continue;
        }
        if (i % 5 != 0) {
            continue;  // not every byte, since each start syncs a file
        }
        std::string damaged = whole;
        damaged[i] ^= 1;
        replace(damaged);
        ASSERT_THAT(problem(), HasSubstr("kms.state:" + std::to_string(damaged_line) + ": ")) << i;
    }
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line + '\n');
    }
    return lines;
}

std::string joined(const std::vector<std::string>& lines) {
    return std::accumulate(lines.begin(), lines.end(), std::string());
}

TEST_F(StateFileTest, missing_repeated_and_swapped_lines_are_reported) {
    create_keys(4);
    const std::vector<std::string> lines = lines_of(content());
    ASSERT_EQ(lines.size(), 6U);  // the header, the end of an empty state, and four keys
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        const std::string where = "kms.state:" + std::to_string(i + 1) + ": ";
        std::vector<std::string> missing = lines;
        missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
        replace(joined(missing));
        EXPECT_THAT(problem(), HasSubstr(where)) << "without line " << i + 1;
        std::vector<std::string> swapped = lines;
        std::swap(swapped[i], swapped[i + 1]);
        replace(joined(swapped));
        EXPECT_THAT(problem(), HasSubstr(where)) << "swapped with the next line";
    }
    replace(joined(lines) + lines.back());
    EXPECT_THAT(problem(), HasSubstr("kms.state:7: "));
}

TEST_F(StateFileTest, the_message_about_damage_says_what_can_be_done) {
    create_keys(3);
    std::vector<std::string> lines = lines_of(content());
    lines.erase(lines.begin() + 3);
    replace(joined(lines));
    EXPECT_EQ(problem(),
              path_ +
                  ":4: not a valid simulator state: the checksum does not match: this line was "
                  "changed, or lines before it are missing; restore a copy of the file, or go back "
                  "to the state before this line with: head -n 3 " +
                  path_ + " > NEW");
    replace(joined({lines.begin(), lines.begin() + 3}));  // what the message suggests
    EXPECT_EQ(Simulator(path_).model->key_count(), 1U);
}

TEST_F(StateFileTest, without_its_last_changes_it_continues_before_them) {
    create_keys(3);
    const std::vector<std::string> lines = lines_of(content());
    for (std::size_t keys = 0; keys <= 3; ++keys) {
        const auto end = lines.begin() + 2 + static_cast<std::ptrdiff_t>(keys);
        replace(joined({lines.begin(), end}));
        EXPECT_EQ(Simulator(path_).model->key_count(), keys);
    }
}

TEST_F(StateFileTest, a_rewritten_state_cannot_lose_its_end) {
    create_keys(3);
    Simulator(path_).save();  // rewrites it
    const std::vector<std::string> lines = lines_of(content());
    ASSERT_THAT(lines.back(), HasSubstr(R"("complete":{"records":4})"));
    for (std::size_t kept = 1; kept < lines.size(); ++kept) {
        replace(joined({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(kept)}));
        EXPECT_THAT(problem(),
                    AllOf(HasSubstr("kms.state:" + std::to_string(kept + 1) +
                                    ": not a valid simulator state: the end of the saved "
                                    "state is missing"),
                          EndsWith("or remove it to start without keys")));
    }
}

TEST_F(StateFileTest, only_one_of_two_first_starts_gets_the_file) {
    const auto first = StateFile::open(path_, 1);
    ASSERT_TRUE(first);
    const auto second = StateFile::open(path_, 1);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is_in_use);
    EXPECT_THAT(second.error().text, EndsWith("is in use by another simulator"));
}

TEST_F(StateFileTest, a_first_start_that_fails_leaves_no_file) {
    static_cast<void>(StateFile::open(path_, 1));
    EXPECT_FALSE(std::filesystem::exists(path_));
    replace("");  // an existing file is not removed
    static_cast<void>(StateFile::open(path_, 1));
    EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(StateFileTest, the_use_of_a_key_with_many_grants_writes_little) {
    Simulator simulator(path_);
    simulator.model->add_primary_key(primary());
    CreateGrantRequest grant(kKeyId);
    grant.grantee_principal = "arn:aws:iam::111122223333:user/app";
    grant.operations = {"Encrypt"};
    for (int i = 0; i < 500; ++i) {
        simulator.call(grant);
    }
    EncryptRequest encrypt(kKeyId);
    encrypt.plaintext = io::Secret("plain");
    const auto before = std::filesystem::file_size(path_);
    simulator.call(encrypt);
    EXPECT_LT(std::filesystem::file_size(path_) - before, 300U);
}

TEST_F(StateFileTest, is_rewritten_when_it_has_doubled) {
    Simulator simulator(path_);
    simulator.model->add_primary_key(primary());
    const std::string text(8000, 'x');
    std::uintmax_t size_max = 0;
    for (int i = 0; i < 400; ++i) {
        simulator.call(io::UpdateKeyDescriptionRequest(kKeyId, text + std::to_string(i)));
        size_max = std::max(size_max, std::filesystem::file_size(path_));
    }
    EXPECT_LT(size_max, 1'100'000U);
    EXPECT_THAT(content(), HasSubstr(text + "399"));
    EXPECT_EQ(simulator.problem, "");
}

TEST_F(StateFileTest, is_readable_by_its_owner_only) {
    const mode_t mask = ::umask(0);
    Simulator simulator(path_);
    ::umask(mask);
    EXPECT_EQ(simulator.problem, "");
    EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms{0600});
}

TEST_F(StateFileTest, may_not_be_a_symbolic_link) {
    std::filesystem::create_symlink("kms.state", folder_.file("link"));
    EXPECT_THAT(Simulator(folder_.file("link")).problem, HasSubstr("is a symbolic link"));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StateFileTest, is_used_by_one_simulator_at_a_time) {
    Simulator simulator(path_);
    EXPECT_THAT(problem(), EndsWith("is in use by another simulator"));
    simulator.call(multi_region());
    EXPECT_EQ(simulator.problem, "");
}

TEST_F(StateFileTest, must_be_a_regular_file) {
    EXPECT_THAT(Simulator("/dev/null").problem, HasSubstr("/dev/null is not a regular file"));
    EXPECT_THAT(Simulator(folder_.file("")).problem, HasSubstr("is a folder; name a file in it"));
    EXPECT_THAT(Simulator(folder_.file("no/such")).problem, HasSubstr("cannot open the state"));
}

TEST_F(StateFileTest, an_empty_file_is_a_new_state) {
    replace("");
    EXPECT_EQ(problem(), "");
}

TEST_F(StateFileTest, other_files_are_rejected) {
    replace("{\"version\":1,\"keys\":[],\"aliases\":[]}\n");
    EXPECT_THAT(problem(), HasSubstr("earlier version"));
    replace("[fleet]\n");
    EXPECT_THAT(problem(), HasSubstr("kms.state:1: not a valid simulator state"));
    replace("{}");
    EXPECT_THAT(problem(), HasSubstr("kms.state:1: not a valid simulator state"));
}

}  // namespace
}  // namespace keyferry::simulator
