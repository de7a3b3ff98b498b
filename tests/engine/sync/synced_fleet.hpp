// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/header.hpp"
#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/survey/survey.hpp"
#include "engine/sync/change_records.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "engine/sync/settled_reads.hpp"
#include "engine/sync/sync_run.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/replica_sync.hpp"
#include "planner/review/sync_undo.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_work.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::engine {

inline constexpr std::uint8_t kAllParts =
    planner::sync_policy | planner::sync_tags | planner::sync_description | planner::sync_aliases;

/// A plan for `keys` keys and two Regions. Its spec sets every parameter.
inline planner::Plan stating_plan(int keys) {
    planner::Plan plan = fleet_plan(keys, {"ap-southeast-2", "eu-west-1"}, "");
    planner::ReplicaParameters& parameters = plan.groups[0].parameters;
    parameters.policy = R"({"Statement":[{"Action":"kms:*","Effect":"Allow",)"
                        R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
                        R"("Resource":"*"}],"Version":"2012-10-17"})";
    parameters.description = "ours";
    parameters.tags = {io::Tag("team", "cards")};
    parameters.aliases.templates = {"alias/{key_id}"};
    return plan;
}

/// One process that makes changes in virtual time, with the real SyncRun, the simulator's model and
/// an in-memory journal. The simulator and the journal outlive the process, so that tests can kill
/// and restart it.
class SyncProcess {
  public:
    /// Inserts a test client in front of the simulator's.
    using Wrap = std::function<std::unique_ptr<io::KmsClient>(io::KmsClient& client)>;

    SyncProcess(const planner::RunSettings& settings,
                simulator::SimulatedKms& kms,
                io::MemoryAppendFile& file,
                const std::vector<planner::ReplicaChange>& changes,
                JournalVerb verb,
                io::Moment start,
                const Wrap& wrap)
        : clock_(io_), client_(kms, clock_, simulator::SimulatorClientSettings{}) {
        wrapped_ = wrap ? wrap(client_) : nullptr;
        clock_.advance(start - io::Moment{});
        JournalResult<StartedJournal> started =
            start_journal(file,
                          changes_header(changes, verb, "test", "keyferry test"),
                          run_of_this_process("keyferry test", ""),
                          clock_.wall_now(),
                          "(memory)",
                          nullptr);
        if (!started) {
            throw std::runtime_error(started.error().text);
        }
        if (const auto problem =
                write_change_records(file, changes, clock_.wall_now(), "(memory)", *started)) {
            throw std::runtime_error(problem->text);
        }
        writer_ = std::make_unique<JournalWriter>(file,
                                                  started->tail,
                                                  clock_,
                                                  io_.get_executor(),
                                                  io_.get_executor(),
                                                  JournalWriterSettings{});
        io::KmsClient& client = wrapped_ ? *wrapped_ : static_cast<io::KmsClient&>(client_);
        calls_ = std::make_unique<RepeatableCalls>(settings, client, clock_, io_.get_executor(), 1);
        run_ = std::make_unique<SyncRun>(
            changes, *calls_, *writer_, clock_, settings.wait.doubt_timeout, io_.get_executor());
        boost::asio::co_spawn(io_, run_->run(), [this](std::exception_ptr error) {
            error_ = std::move(error);
            is_over_ = true;
            io_.stop();
        });
    }

    void run() {
        clock_.run(io_);
        if (error_) {
            std::rethrow_exception(error_);
        }
    }
    /// Runs until `moment` and then does nothing more, as if killed.
    void run_until(io::Moment moment) { clock_.run_until(io_, moment); }

    /// Starts no further changes once `made` changes have been made.
    void stop_after(std::uint64_t made) {
        clock_.sleep_until(clock_.now() + std::chrono::milliseconds(10),
                           [this, made](boost::system::error_code error) {
                               if (error) {
                                   return;
                               }
                               if (run_->counts().made >= made) {
                                   calls_->stop();
                               } else {
                                   stop_after(made);
                               }
                           });
    }

    SyncRun& changes() { return *run_; }
    RepeatableCalls& calls() { return *calls_; }
    io::VirtualClock& clock() { return clock_; }
    bool is_over() const { return is_over_; }

  private:
    boost::asio::io_context io_{1};
    io::VirtualClock clock_;
    simulator::SimulatorKmsClient client_;
    std::unique_ptr<io::KmsClient> wrapped_;
    std::unique_ptr<JournalWriter> writer_;
    std::unique_ptr<RepeatableCalls> calls_;
    std::unique_ptr<SyncRun> run_;
    std::exception_ptr error_;
    bool is_over_ = false;
};

/// A fleet whose replicas exist in the simulator but have none of the specified content.
class SyncedFleet {
  public:
    using Contents = std::map<std::uint32_t, planner::ReplicaContent>;

    explicit SyncedFleet(const planner::Plan& plan,
                         const simulator::SimulatorSettings& settings = quiet())
        : plan_(plan), kms_(settings) {
        for (const planner::PlannedKey& key : plan.keys) {
            EXPECT_TRUE(model().add_primary_key(key.primary, simulator::SeededKey()));
        }
        for (const planner::Job& job : plan.jobs) {
            EXPECT_TRUE(model().add_replica(plan.keys[job.key].primary, plan.regions[job.region]));
        }
    }

    simulator::KmsModel& model() { return kms_.model(); }

    /// The changes that remove the current differences.
    std::vector<planner::ReplicaChange> differences() {
        const planner::Inventory inventory = survey();
        const planner::ReviewedPlan reviewed{plan_,
                                             planner::compare_with_inventory(plan_, inventory)};
        planner::SharedTexts texts;
        std::vector<planner::ReplicaChange> changes;
        for (const planner::JobIndex job : planner::jobs_to_sync(reviewed.review, kAllParts)) {
            for (planner::ReplicaChange& change :
                 planner::replica_changes(reviewed, inventory, job, kAllParts, texts)) {
                changes.push_back(std::move(change));
            }
        }
        return changes;
    }

    /// The current contents of all replicas, by job.
    Contents contents() {
        const planner::Inventory inventory = survey();
        return {inventory.replicas.begin(), inventory.replicas.end()};
    }

    std::unique_ptr<SyncProcess> start(const std::vector<planner::ReplicaChange>& changes,
                                       io::MemoryAppendFile& file,
                                       JournalVerb verb = JournalVerb::sync,
                                       const SyncProcess::Wrap& wrap = nullptr) {
        return std::make_unique<SyncProcess>(plan_.settings, kms_, file, changes, verb, now, wrap);
    }

    /// Makes the changes.
    void make(const std::vector<planner::ReplicaChange>& changes,
              io::MemoryAppendFile& file,
              JournalVerb verb = JournalVerb::sync,
              const SyncProcess::Wrap& wrap = nullptr) {
        const auto process = start(changes, file, verb, wrap);
        process->run();
        take_result(*process);
    }

    /// Makes the changes in a process that is killed after `lasting`. Returns whether the process
    /// had finished by then.
    bool make_until_killed(const std::vector<planner::ReplicaChange>& changes,
                           io::MemoryAppendFile& file,
                           std::chrono::milliseconds lasting) {
        const auto process = start(changes, file);
        process->run_until(now + lasting);
        now = process->clock().now();
        file.crash();
        return process->is_over();
    }

    void take_result(SyncProcess& process) {
        counts = process.changes().counts();
        failed = process.changes().failed();
        made_calls.clear();
        for (const planner::QuotaCalls& quota : process.calls().calls_by_quota()) {
            made_calls[quota.api] += quota.calls;
        }
        took_s = std::chrono::duration<double>(process.clock().now() - now).count();
        now = process.clock().now();
    }

    /// Returns what an undo would do now, given the journals of the syncs, oldest first.
    /// `visible_max` is how long KMS's reads may be stale.
    planner::UndoPlan plan_undo(
        const std::vector<io::MemoryAppendFile*>& files,
        std::chrono::milliseconds visible_max = std::chrono::milliseconds(0)) {
        planner::SharedTexts texts;
        std::vector<planner::ReplicaChange> changes;
        io::WallTime last_record{};
        for (io::MemoryAppendFile* file : files) {
            RecordedChanges recorded = read_recorded_changes(*file, "(memory)", texts).value();
            last_record = std::max(last_record, recorded.last_record);
            std::move(
                recorded.changes.begin(), recorded.changes.end(), std::back_inserter(changes));
        }
        const std::vector<planner::ChangedReplica> replicas =
            planner::changed_replicas(changes, kAllParts);
        std::vector<planner::ReplicaNow> values;
        at_present([&](io::KmsClient&, RepeatableCalls& calls, io::Clock& clock) {
            return read_values(replicas,
                               calls,
                               clock,
                               stale_for(last_record, clock.wall_now(), visible_max),
                               values);
        });
        planner::UndoPlan plan;
        for (std::size_t replica = 0; replica < replicas.size(); ++replica) {
            planner::add_undo(replicas[replica], values.at(replica), texts, plan);
        }
        return plan;
    }

    /// Calls KMS as another caller would.
    template <typename Request>
    void call(const io::AccountRegion& place,
              boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> (io::KmsClient::*operation)(
                  io::AccountRegion, Request),
              Request request) {
        bool is_done = false;
        at_present([&](io::KmsClient& client, RepeatableCalls&, io::Clock&) {
            return succeeds((client.*operation)(place, std::move(request)), is_done);
        });
        EXPECT_TRUE(is_done);
    }

    SyncCounts counts;
    std::vector<FailedChange> failed;
    std::map<io::KmsApi, std::uint64_t> made_calls;
    double took_s = 0;
    io::Moment now{};

  private:
    planner::Inventory survey() {
        planner::Inventory inventory;
        at_present([&](io::KmsClient&, RepeatableCalls& calls, io::Clock&) {
            return read_inventory(plan_, calls, inventory);
        });
        return inventory;
    }

    /// Runs `work`, starting at the current virtual time. Time advances meanwhile.
    template <typename Work>
    void at_present(const Work& work) {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        clock.advance(now - io::Moment{});
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        RepeatableCalls calls(plan_.settings, client, clock, io.get_executor(), 1);
        run_work(io, clock, work(client, calls, clock));
        now = clock.now() + std::chrono::seconds(1);
    }

    static boost::asio::awaitable<void> read_inventory(const planner::Plan& plan,
                                                       RepeatableCalls& calls,
                                                       planner::Inventory& inventory) {
        Survey survey(plan, calls, ReadContents::of_keys_and_replicas);
        co_await survey.run();
        inventory = survey.take_inventory();
    }

    static boost::asio::awaitable<void> read_values(
        const std::vector<planner::ChangedReplica>& replicas,
        RepeatableCalls& calls,
        io::Clock& clock,
        std::chrono::milliseconds stale_for,
        std::vector<planner::ReplicaNow>& values) {
        SettledReads reads(replicas, calls, clock, stale_for);
        co_await reads.run();
        values = reads.values();
    }

    static boost::asio::awaitable<void> succeeds(
        boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> call, bool& is_done) {
        const io::CallOutcome<io::EmptyResult> outcome = co_await std::move(call);
        is_done = std::holds_alternative<io::CallSuccess<io::EmptyResult>>(outcome);
    }

    const planner::Plan& plan_;
    simulator::SimulatedKms kms_;
};

/// A fleet whose replicas have some contents that differ from the spec.
class DifferentFleet : public SyncedFleet {
  public:
    explicit DifferentFleet(const planner::Plan& plan,
                            const simulator::SimulatorSettings& settings = quiet())
        : SyncedFleet(plan, settings) {
        for (const planner::Job& job : plan.jobs) {
            const std::string arn = planner::replica_arn(plan, job).text();
            const io::AccountRegion place = planner::replica_location(plan, job);
            call(place,
                 &io::KmsClient::update_key_description,
                 io::UpdateKeyDescriptionRequest(arn, "theirs"));
            call(place,
                 &io::KmsClient::tag_resource,
                 io::TagResourceRequest(arn, {io::Tag("team", "payments"), io::Tag("x", "y")}));
        }
    }
};

}  // namespace keyferry::engine
