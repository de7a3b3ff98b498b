// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/soak.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "tests/soak/checks.hpp"
#include "tests/soak/dice.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/life.hpp"
#include "tests/soak/troubles.hpp"
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

using Tell = std::function<void(const std::string&)>;

/// Lives after the last trouble: base faults may leave a few jobs for a rerun, again and again.
constexpr std::size_t kCalmLivesMax = 30;

io::Moment after(std::chrono::duration<double> time) {
    return io::Moment{} + std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

/// One seed's soak, life after life.
class Soak {
  public:
    Soak(std::uint64_t seed, SoakHours hours, const Tell& tell)
        : fleet_(draw_fleet(seed, hours)),
          troubles_(draw_troubles(seed, fleet_, troubles_end(fleet_, hours))),
          deadline_(troubles_.calm_at + std::chrono::hours(24) +
                    4 * (after(fleet_.least_time) - io::Moment{})),
          world_(fleet_, troubles_, seed),
          dice_(seed, "user"),
          tell_(tell) {}

    void run() {
        say(description(fleet_));
        say(description(troubles_));
        while (!over_ && world_.violations().empty()) {
            live();
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
        return result;
    }

  private:
    /// Troubles that come when all is done trouble nobody.
    static io::Moment troubles_end(const SoakFleet& fleet, SoakHours hours) {
        const auto busy = fleet.least_time * 2.0 + minutes(2);
        return after(std::min<std::chrono::duration<double>>(busy, hours));
    }

    void say(const std::string& text) const {
        if (tell_) {
            tell_(text);
        }
    }

    /// The next interruption that is still to come; those of while nobody ran are passed over.
    std::optional<Interruption> next_interruption() {
        while (interruptions_over_ < troubles_.interruptions.size()) {
            const Interruption& next = troubles_.interruptions[interruptions_over_++];
            if (next.at > now_) {
                return next;
            }
        }
        return std::nullopt;
    }

    void live() {
        ++lives_;
        LifeSettings settings;
        settings.start = now_;
        settings.seed = dice_.seed();
        settings.retry_failed = now_ >= troubles_.calm_at || dice_.chance(0.5);
        std::optional<Interruption> interruption = next_interruption();
        LifeEnd end{};
        engine::Progress progress;
        {
            Life life(world_, file_, settings);
            check_journal(world_, life.before(), now_);
            end = life.run(interruption, deadline_);
            now_ = life.now();
            progress = life.progress();
            if (!life.what_was_thrown().empty()) {
                world_.violated(now_, "the run threw: " + life.what_was_thrown());
            }
        }
        say(fmt::format(
            "  life {} from {} to {}: {}, {} calls, {} done, {} failed, {} in conflict, "
            "{} unknown, {} deferred",
            lives_,
            clock_text(settings.start),
            clock_text(now_),
            name_of(end),
            progress.calls,
            progress.done(),
            progress.failed,
            progress.conflicts,
            progress.unknown,
            progress.deferred));
        give_back(interruption, end);
        after_life(end, interruption, progress);
    }

    /// An interruption that came to nothing, because the run was over before, is still to come.
    void give_back(const std::optional<Interruption>& interruption, LifeEnd end) {
        if (interruption && end == LifeEnd::finished && now_ < interruption->at) {
            --interruptions_over_;
        }
    }

    void after_life(LifeEnd end,
                    const std::optional<Interruption>& interruption,
                    const engine::Progress& progress) {
        digest_journal();
        switch (end) {
            case LifeEnd::finished:
                finished(progress);
                return;
            case LifeEnd::stopped:
                if (!interruption || interruption->kind != Interruption::Kind::stop) {
                    world_.violated(now_, "the run stopped though nobody asked for it");
                }
                break;
            case LifeEnd::journal_failed:
            case LifeEnd::killed:
                file_.stop_failing();
                file_.crash(interruption ? interruption->unsynced_bytes_kept : 0);
                digested_bytes_ = std::min(digested_bytes_, file_.content().size());
                break;
            case LifeEnd::refused:
                world_.violated(now_, "the run was refused though credentials were good");
                break;
            case LifeEnd::timed_out:
                world_.violated(now_, "the run does not come to its end");
                break;
            case LifeEnd::threw:
                break;
        }
        pause(seconds(3), minutes(5));
    }

    /// The user looks at the outcome, and runs again if that could help.
    void finished(const engine::Progress& progress) {
        file_.stop_failing();  // the disk had failed behind the last sync
        engine::JournalReplay replay;
        engine::JournalScan scan;
        if (engine::replay_journal(file_, replay, scan)) {
            world_.violated(now_, "the journal of a finished run cannot be read");
            return;
        }
        check_journal(world_, replay, now_);
        check_counts(world_, replay, progress, now_);
        const std::size_t left = jobs_left(world_, replay);
        const bool calm = now_ >= troubles_.calm_at;
        if (left == 0 && (calm || progress.done() == fleet_.plan.jobs.size())) {
            say("  all is done that can be done");
            over_ = true;
            return;
        }
        calm_lives_ += calm ? 1 : 0;
        if (calm_lives_ > kCalmLivesMax) {
            world_.violated(now_, fmt::format("reruns leave {} jobs, again and again", left));
        }
        pause(seconds(3), minutes(30));
    }

    void pause(std::chrono::milliseconds least, std::chrono::milliseconds most) {
        now_ += dice_.duration(least, most);
    }

    void digest_journal() {
        const std::string_view content = file_.content();
        if (content.size() > digested_bytes_) {
            world_.digest(content.substr(digested_bytes_));
        }
        digested_bytes_ = content.size();
    }

    SoakFleet fleet_;
    Troubles troubles_;
    io::Moment deadline_;
    World world_;
    Dice dice_;
    Tell tell_;
    io::MemoryAppendFile file_;
    std::size_t digested_bytes_ = 0;
    io::Moment now_{};
    std::size_t lives_ = 0;
    std::size_t calm_lives_ = 0;
    std::size_t interruptions_over_ = 0;
    bool over_ = false;
};

}  // namespace

SoakResult soak(std::uint64_t seed, SoakHours hours, const Tell& tell) {
    Soak soak(seed, hours, tell);
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
