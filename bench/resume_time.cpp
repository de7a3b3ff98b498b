// SPDX-License-Identifier: Apache-2.0
// Measures how long a rerun takes from its start to its first call, and how much memory it needs:
//
//     resume_time FLEET.toml JOURNAL
//
// Reads the fleet, resumes the journal and runs the production executor up to its first call, which
// fails; then stops the run. Prints {"jobs":N,"plan_s":X,"journal_s":X,"executor_s":X,
// "plan_mib":X,"above_plan_mib":X}: journal_s is the duration of open_journal, executor_s the time
// from there to the first call, above_plan_mib the peak resident memory beyond the plan's. Part of
// bench/resume.py.
#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/run/executor.hpp"
#include "io/clock/steady_clock.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <optional>
#include <stdexcept>
#include <string>

namespace keyferry::bench {
namespace {

namespace asio = boost::asio;

constexpr const char* kVersion = "keyferry bench";

/// A value in kB in /proc/self/status, as MiB: "VmRSS:" is the current, "VmHWM:" the peak resident
/// memory.
double resident_mib(const std::string& name) {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == name) {
            double kib = 0;
            status >> kib;
            return kib / 1024;
        }
    }
    throw std::runtime_error("/proc/self/status has no " + name);
}

/// Resets VmHWM.
void forget_highest_resident() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

/// A KMS client that records its first call; that call fails.
class FirstCall final : public io::KmsClient {
  public:
    explicit FirstCall(const io::Clock& clock) : clock_(clock) {}

    std::function<void()> then;
    std::optional<io::Moment> at;

    asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion, io::ReplicateKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion, io::DescribeKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::CreateKeyResult>> create_key(
        io::AccountRegion, io::CreateKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::ListKeysResult>> list_keys(io::AccountRegion,
                                                                   io::ListKeysRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::ListAliasesResult>> list_aliases(
        io::AccountRegion, io::ListAliasesRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> list_resource_tags(
        io::AccountRegion, io::ListResourceTagsRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> get_key_policy(
        io::AccountRegion, io::GetKeyPolicyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion, io::PutKeyPolicyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> tag_resource(
        io::AccountRegion, io::TagResourceRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> untag_resource(
        io::AccountRegion, io::UntagResourceRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> update_key_description(
        io::AccountRegion, io::UpdateKeyDescriptionRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> enable_key(io::AccountRegion,
                                                                 io::EnableKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> disable_key(io::AccountRegion,
                                                                  io::DisableKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion, io::CreateAliasRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> update_alias(
        io::AccountRegion, io::UpdateAliasRequest) override {
        co_return failure();
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion, io::DeleteAliasRequest) override {
        co_return failure();
    }

  private:
    io::CallFailure failure() {
        if (!at) {
            at = clock_.now();
            then();
        }
        return io::CallFailure(
            io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "the benchmark ends");
    }

    const io::Clock& clock_;
};

double seconds(io::Moment from, io::Moment to) {
    return std::chrono::duration<double>(to - from).count();
}

int measure(const std::string& fleet, const std::string& path) {
    asio::io_context io{1};
    io::SteadyClock clock(io);
    const io::Moment begun = clock.now();
    const std::optional<planner::Plan> plan = cli::plan_without_search(cli::read_fleet_file(fleet));
    if (!plan) {
        return EXIT_FAILURE;
    }
    const io::Moment planned = clock.now();
    ::malloc_trim(0);
    const double plan_mib = resident_mib("VmRSS:");
    forget_highest_resident();

    engine::JournalResult<engine::OpenedJournal> journal =
        engine::open_journal(path,
                             engine::journal_header(*plan, kVersion, false),
                             engine::run_of_this_process(kVersion, ""),
                             clock.wall_now(),
                             &*plan);
    if (!journal) {
        throw std::runtime_error(journal.error().text);
    }
    const io::Moment opened = clock.now();
    asio::thread_pool flush_thread(1);
    engine::JournalWriter writer(*journal->file,
                                 journal->start.tail,
                                 clock,
                                 io.get_executor(),
                                 flush_thread.get_executor(),
                                 engine::JournalWriterSettings{});
    FirstCall client(clock);
    engine::Executor executor(*plan, client, clock, writer, io.get_executor(), 1);
    double highest_mib = 0;
    client.then = [&] {
        highest_mib = resident_mib("VmHWM:");
        executor.stop();
    };
    executor.restore(journal->start.replay, false);
    std::exception_ptr failed;
    asio::co_spawn(
        io, executor.run(), [&](std::exception_ptr error, engine::RunEnd) { failed = error; });
    io.run();
    flush_thread.join();
    if (failed) {
        std::rethrow_exception(failed);
    }
    if (!client.at) {
        throw std::runtime_error("the run made no call");
    }
    static_cast<void>(engine::release_reserved_space(*journal->file));
    fmt::print(
        "{{\"jobs\":{},\"plan_s\":{:.2f},\"journal_s\":{:.2f},\"executor_s\":{:.2f},"
        "\"plan_mib\":{:.1f},\"above_plan_mib\":{:.1f}}}\n",
        plan->jobs.size(),
        seconds(begun, planned),
        seconds(planned, opened),
        seconds(opened, *client.at),
        plan_mib,
        highest_mib - plan_mib);
    return EXIT_SUCCESS;
}

int run_program(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: resume_time FLEET.toml JOURNAL\n");
        return 3;
    }
    return measure(argv[1], argv[2]);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) try {
    return keyferry::bench::run_program(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "resume_time: {}\n", error.what());
    return EXIT_FAILURE;
}
