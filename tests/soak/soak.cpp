// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/soak.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "tests/soak/checks.hpp"
#include "tests/soak/clock_text.hpp"
#include "tests/soak/dice.hpp"
#include "tests/soak/failures.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/interruptions.hpp"
#include "tests/soak/machine.hpp"
#include "tests/soak/run_life.hpp"
#include "tests/soak/sync_draw.hpp"
#include "tests/soak/sync_soak.hpp"
#include "tests/soak/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace keyferry::soak {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

using Log = std::function<void(const std::string&)>;

/// Maximum number of processes after the last failure. Ordinary faults may cause a few jobs to need
/// several reruns.
constexpr std::size_t kCalmLivesMax = 30;

io::Moment after(std::chrono::duration<double> time) {
    return io::Moment{} + std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

/// The soak of one seed, one process after another.
class Soak {
  public:
    Soak(std::uint64_t seed, SoakHours hours, const Log& log)
        : seed_(seed),
          hours_(hours),
          fleet_(fleet_of(seed, hours)),
          failures_(draw_failures(seed, fleet_, failures_end(fleet_, hours))),
          deadline_(failures_.calm_at + std::chrono::hours(24) +
                    4 * (after(fleet_.least_time) - io::Moment{})),
          world_(fleet_, failures_, seed),
          machine_(failures_.troubles.machine_events, seed),
          interruptions_(failures_.interruptions),
          dice_(seed, "user"),
          survey_dice_(seed, "surveys"),
          has_surveys_(survey_dice_.chance(0.6)),
          log_(log) {}

    void run() {
        log_line(description(fleet_));
        log_line(description(failures_));
        if (has_surveys_) {
            const bool is_stale = survey_dice_.chance(0.3);
            world_.kms().model().change_stale(
                simulator::DurationRange{seconds(0), seconds(is_stale ? 10 : 0)});
            log_line(fmt::format("  runs survey KMS first{}", is_stale ? "; reads are stale" : ""));
        }
        while (!finished_ && world_.violations().empty()) {
            live();
        }
        if (finished_ && has_syncs(seed_)) {
            sync();
        }
        check_quotas(world_, now_);
    }

    SoakResult result(std::uint64_t seed) {
        SoakResult result;
        result.seed = seed;
        result.virtual_time = now_ - io::Moment{};
        result.jobs = fleet_.plan.jobs.size();
        result.lives = lives_;
        result.calls = world_.kms().ledger().requests();
        result.violations = world_.violations();
        result.digest = world_.digest_text();
        result.journal = file().content();
        return result;
    }

  private:
    static SoakFleet fleet_of(std::uint64_t seed, SoakHours hours) {
        SoakFleet fleet = draw_fleet(seed, hours);
        if (is_mild(seed)) {
            use_default_patience(fleet);
        }
        return fleet;
    }

    /// When failures end, because later ones would occur after all jobs are done.
    static io::Moment failures_end(const SoakFleet& fleet, SoakHours hours) {
        const auto busy = fleet.least_time * 2.0 + minutes(2);
        return after(std::min<std::chrono::duration<double>>(busy, hours));
    }

    void log_line(const std::string& text) const {
        if (log_) {
            log_(text);
        }
    }

    void sync() {
        pause(seconds(3), minutes(30));
        SyncDraw draw = draw_syncs(seed_, fleet_, now_, hours_);
        sync_.emplace(seed_, std::move(draw), world_, machine_, now_, log_);
        sync_->run();
        now_ = sync_->now();
        lives_ += sync_->lives();
    }

    /// Returns the survey of the next process, if the runs of this soak begin with surveys.
    std::optional<RunSurvey> draw_survey() {
        if (!has_surveys_) {
            return std::nullopt;
        }
        RunSurvey survey;
        survey.is_answered = !survey_dice_.chance(0.05);
        if (survey_dice_.chance(0.3)) {
            survey.age = survey_dice_.duration(seconds(1), minutes(5));
        }
        return survey;
    }

    /// Another caller deletes some replicas that the journal records as done.
    void remove_replicas(const engine::JournalReplay& replay) {
        std::vector<planner::JobIndex> done;
        for (planner::JobIndex job = 0; job < fleet_.plan.jobs.size(); ++job) {
            if (replay.phase(job) == engine::JobPhase::done && !world_.is_removed(job)) {
                done.push_back(job);
            }
        }
        const std::size_t count = survey_dice_.between(1, 5);
        for (const planner::JobIndex job : survey_dice_.some_of(std::move(done), count)) {
            world_.remove_replica(job, now_);
            log_line(fmt::format("  the replica of job {} is deleted", job));
        }
    }

    void live() {
        ++lives_;
        LifeSettings settings;
        settings.start = now_;
        settings.seed = dice_.seed();
        settings.retry_failed = now_ >= failures_.calm_at || dice_.chance(0.5);
        settings.has_slow_disk = has_slow_disk();
        const std::optional<Interruption> interruption = interruptions_.next(now_);
        world_.begin_life();
        LifeEnd end{};
        engine::Progress progress;
        try {
            RunLife life(world_, machine_, settings, draw_survey());
            check_journal(world_, life.before(), now_);
            end = life.run(interruption, deadline_);
            now_ = life.now();
            progress = life.progress();
            if (!life.exception_message().empty()) {
                world_.violated(now_, "the run threw: " + life.exception_message());
            }
        } catch (const CannotStart& error) {
            log_line(fmt::format("  at {} {}", clock_text(now_), error.what()));
            cannot_start(error.what());
            return;
        }
        log_line(
            fmt::format("  life {} from {} to {}: {}, {} calls, {} done, {} failed, {} unusable, "
                        "{} unknown, {} deferred",
                        lives_,
                        clock_text(settings.start),
                        clock_text(now_),
                        name_of(end),
                        progress.calls,
                        progress.ended.done(),
                        progress.ended.of(engine::JobPhase::failed),
                        progress.ended.of(engine::JobPhase::unusable),
                        progress.ended.of(engine::JobPhase::unknown),
                        progress.ended.of(engine::JobPhase::deferred)));
        if (end == LifeEnd::finished) {
            interruptions_.keep_for_later(interruption, now_);
        }
        const io::Moment ended_at = now_;
        after_life(settings.start, end, interruption, progress);
        if (failures_.is_mild) {
            check_mild(settings.start, ended_at, end);
        }
    }

    bool has_slow_disk() const {
        const std::vector<MachineEvent>& events = failures_.troubles.machine_events;
        return std::any_of(events.begin(), events.end(), [](const MachineEvent& event) {
            return event.kind == MachineEvent::Kind::disk_slows && event.amount > 0;
        });
    }

    /// Checks that only a full disk prevents a start. The user then waits until there is enough
    /// space.
    void cannot_start(const std::string& why) {
        if (!machine_.is_disk_full()) {
            world_.violated(now_, why);
        }
        file().stop_failing();
        file().crash(0);
        digested_bytes_ = std::min(digested_bytes_, file().content().size());
        pause(minutes(1), minutes(10));
    }

    /// A single run must finish all jobs that can be finished in time, and must report the others.
    void check_mild(io::Moment start, io::Moment ended_at, LifeEnd end) {
        if (end == LifeEnd::refused) {
            world_.mend();
            return;
        }
        engine::JournalReplay replay;
        engine::JournalScan scan;
        if (engine::replay_journal(file(), replay, scan)) {
            return;  // has been reported before
        }
        const bool is_mending = check_complete(world_, replay, start, ended_at);
        const auto late_at = start + 4 * (after(fleet_.least_time) - io::Moment{}) +
                             4 * failures_.troubles.lasting + minutes(45);
        if (ended_at > late_at) {
            world_.violated(ended_at,
                            fmt::format("the run should have ended by {}", clock_text(late_at)));
        }
        if (is_mending) {
            world_.mend();
        }
    }

    void after_life(io::Moment start,
                    LifeEnd end,
                    const std::optional<Interruption>& interruption,
                    const engine::Progress& progress) {
        digest_journal();
        file().stop_failing();  // if the disk fails, it works again for the next process
        switch (end) {
            case LifeEnd::finished:
                finished(progress);
                return;
            case LifeEnd::stopped:
                if (!interruption || interruption->kind != Interruption::Kind::stop) {
                    world_.violated(now_, "the run stopped without a request");
                }
                break;
            case LifeEnd::journal_failed:
            case LifeEnd::killed:
                file().crash(interruption ? interruption->unsynced_bytes_kept : 0);
                digested_bytes_ = std::min(digested_bytes_, file().content().size());
                break;
            case LifeEnd::refused:
                if (!world_.were_all_credentials_lost(start, now_)) {
                    world_.violated(now_, "the run was rejected despite valid credentials");
                }
                break;
            case LifeEnd::timed_out:
                world_.violated(now_, "the run does not end");
                break;
            case LifeEnd::threw:
                break;
        }
        pause(seconds(3), minutes(5));
    }

    /// Acts like a user: checks the outcome, and runs the program again if that could help.
    void finished(const engine::Progress& progress) {
        engine::JournalReplay replay;
        engine::JournalScan scan;
        if (engine::replay_journal(file(), replay, scan)) {
            world_.violated(now_, "the journal of a finished run cannot be read");
            return;
        }
        check_journal(world_, replay, now_);
        check_counts(world_, replay, progress, now_);
        const std::size_t left = jobs_left(world_, replay);
        const bool calm = now_ >= failures_.calm_at;
        if (left == 0 && (calm || progress.ended.done() == fleet_.plan.jobs.size())) {
            if (!has_surveys_ || was_complete_ || survey_dice_.chance(0.5)) {
                log_line("  all jobs that can be done are done");
                finished_ = true;
                return;
            }
            was_complete_ = true;
            remove_replicas(replay);
        } else if (has_surveys_ && !calm && survey_dice_.chance(0.3)) {
            remove_replicas(replay);
        }
        calm_lives_ += calm ? 1 : 0;
        if (calm_lives_ > kCalmLivesMax) {
            world_.violated(now_,
                            fmt::format("{} jobs are still open after repeated reruns", left));
        }
        pause(seconds(3), minutes(30));
    }

    void pause(std::chrono::milliseconds least, std::chrono::milliseconds most) {
        now_ += dice_.duration(least, most);
    }

    io::MemoryAppendFile& file() noexcept { return machine_.file(); }

    void digest_journal() {
        const std::string_view content = file().content();
        if (content.size() > digested_bytes_) {
            world_.digest(content.substr(digested_bytes_));
        }
        digested_bytes_ = content.size();
    }

    std::uint64_t seed_;
    SoakHours hours_;
    SoakFleet fleet_;
    Failures failures_;
    io::Moment deadline_;
    World world_;
    Machine machine_;
    Interruptions interruptions_;
    Dice dice_;
    Dice survey_dice_;
    bool has_surveys_;
    Log log_;
    std::size_t digested_bytes_ = 0;
    io::Moment now_{};
    std::size_t lives_ = 0;
    std::size_t calm_lives_ = 0;
    bool was_complete_ = false;  ///< before replicas were deleted
    bool finished_ = false;
    std::optional<SyncSoak> sync_;
};

}  // namespace

SoakResult soak(std::uint64_t seed, SoakHours hours, const Log& log) {
    Soak soak(seed, hours, log);
    std::string thrown;
    try {
        soak.run();
    } catch (const std::exception& error) {
        thrown = error.what();
    }
    SoakResult result = soak.result(seed);
    if (!thrown.empty()) {
        result.violations.push_back("exception: " + thrown);
    }
    return result;
}

}  // namespace keyferry::soak
