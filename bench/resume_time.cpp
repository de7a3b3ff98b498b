// How long a rerun takes from its start to its first call, and what it keeps in memory for it:
//
//     resume_time FLEET.toml JOURNAL
//
// reads the fleet, resumes the journal and runs the executor that ships up to the first call, which
// fails; the run is stopped then. Prints {"jobs":N,"plan_s":X,"journal_s":X,"executor_s":X,
// "plan_mib":X,"above_plan_mib":X}: journal_s is open_journal, executor_s all from there to the
// first call, above_plan_mib the most that was resident beyond what the plan takes. Part of
// bench/resume.py.
#include "engine/run/executor.hpp"
#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
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

namespace {

using namespace keyferry;
namespace asio = boost::asio;

constexpr const char* kVersion = "keyferry bench";

/// A line of /proc/self/status that counts kB, as MiB: "VmRSS:" now, "VmHWM:" at most.
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

/// From here on VmHWM counts anew.
void forget_highest_resident() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

/// A KMS that is called once, and then no more.
class FirstCall final : public KmsClient {
  public:
    explicit FirstCall(const Clock& clock) : clock_(clock) {}

    std::function<void()> then;
    std::optional<Moment> at;

    asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(Place,
                                                                   ReplicateKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(Place,
                                                                 DescribeKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<CreateKeyResult>> create_key(Place, CreateKeyRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<ListKeysResult>> list_keys(Place, ListKeysRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(Place,
                                                                 ListAliasesRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        Place, ListResourceTagsRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(Place,
                                                                    GetKeyPolicyRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(Place, PutKeyPolicyRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> tag_resource(Place, TagResourceRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> untag_resource(Place, UntagResourceRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        Place, UpdateKeyDescriptionRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> create_alias(Place, CreateAliasRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> update_alias(Place, UpdateAliasRequest) override {
        co_return failure();
    }
    asio::awaitable<CallOutcome<EmptyResult>> delete_alias(Place, DeleteAliasRequest) override {
        co_return failure();
    }

  private:
    CallFailure failure() {
        if (!at) {
            at = clock_.now();
            then();
        }
        return CallFailure(
            Certainty::not_sent, KmsErrorCode::service_unavailable, "the bench ends");
    }

    const Clock& clock_;
};

double seconds(Moment from, Moment to) {
    return std::chrono::duration<double>(to - from).count();
}

int measure(const std::string& fleet, const std::string& path) {
    asio::io_context io{1};
    SteadyClock clock(io);
    const Moment begun = clock.now();
    const std::optional<Plan> plan = plan_without_search(read_fleet_file(fleet));
    if (!plan) {
        return EXIT_FAILURE;
    }
    const Moment planned = clock.now();
    ::malloc_trim(0);
    const double plan_mib = resident_mib("VmRSS:");
    forget_highest_resident();

    JournalResult<OpenedJournal> journal = open_journal(path,
                                                        journal_header(*plan, kVersion, false),
                                                        run_of_this_process(kVersion, ""),
                                                        clock.wall_now(),
                                                        &*plan);
    if (!journal) {
        throw std::runtime_error(journal.error().text);
    }
    const Moment opened = clock.now();
    asio::thread_pool flush_thread(1);
    JournalWriter writer(*journal->file,
                         journal->start.tail,
                         clock,
                         io.get_executor(),
                         flush_thread.get_executor(),
                         JournalWriterSettings{});
    FirstCall client(clock);
    Executor executor(*plan, client, clock, writer, io.get_executor(), 1);
    double highest_mib = 0;
    client.then = [&] {
        highest_mib = resident_mib("VmHWM:");
        executor.stop();
    };
    executor.restore(journal->start.replay, false);
    std::exception_ptr failed;
    asio::co_spawn(io, executor.run(), [&](std::exception_ptr error, RunEnd) { failed = error; });
    io.run();
    flush_thread.join();
    if (failed) {
        std::rethrow_exception(failed);
    }
    if (!client.at) {
        throw std::runtime_error("there was nothing left to call");
    }
    release_reserved_space(*journal->file);
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

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        fmt::print(stderr, "usage: resume_time FLEET.toml JOURNAL\n");
        return 3;
    }
    return measure(argv[1], argv[2]);
} catch (const std::exception& error) {
    fmt::print(stderr, "resume_time: {}\n", error.what());
    return EXIT_FAILURE;
}
