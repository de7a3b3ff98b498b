// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/failures.hpp"

#include "tests/soak/clock_text.hpp"
#include "tests/soak/dice.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::soak {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Generates the random failures of one soak, one kind after another.
class Draw {
  public:
    Draw(std::uint64_t seed, const SoakFleet& fleet, io::Moment end)
        : dice_(seed, "troubles"), plan_(fleet.plan), end_(end) {
        failures_.is_mild = is_mild(seed);
        failures_.troubles = draw_troubles(seed, fleet, end, failures_.is_mild);
        failures_.calm_at = end;
        for (const io::Region& region : plan_.regions) {
            regions_.push_back(region.name());
        }
        primaries_ = regions_;  // failures may affect any Region of the plan
        for (const planner::PlannedKey& key : plan_.keys) {
            if (primaries_.back() != key.primary.region.name()) {
                primaries_.push_back(key.primary.region.name());
            }
        }
    }

    Failures all() {
        everyday_faults();
        if (!failures_.is_mild) {
            storms();
            full_regions();
            denials();
            swizzles();
            slow_creation();
            foreign_replicas();
            disabled_primaries();
            interruptions();
        }
        add_outages();
        std::stable_sort(failures_.events.begin(),
                         failures_.events.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
        std::stable_sort(failures_.interruptions.begin(),
                         failures_.interruptions.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
        return std::move(failures_);
    }

  private:
    /// A duration between two limits. The limits apply to a soak of several hours and are scaled
    /// down for shorter soaks.
    milliseconds lasting(milliseconds least, milliseconds most) {
        const milliseconds drawn = dice_.duration(least, most);
        constexpr milliseconds kLong = std::chrono::hours(2);
        const auto all = std::chrono::duration_cast<milliseconds>(end_ - io::Moment{});
        return all >= kLong ? drawn : drawn * all.count() / kLong.count();
    }

    /// Returns a window that starts at any time before the end and lasts between `least` and
    /// `most`, but not beyond the end.
    simulator::FaultWindow window(milliseconds least, milliseconds most) {
        const auto from = dice_.moment_before(end_).time_since_epoch();
        const auto until = from + lasting(least, most);
        return simulator::FaultWindow{from, std::min(until, end_.time_since_epoch())};
    }

    void rule(simulator::FaultKind kind,
              double rate,
              const std::string& region,
              std::optional<io::KmsApi> api,
              const simulator::FaultWindow& window) {
        if (window.from < window.until) {
            failures_.faults.rules.push_back(simulator::FaultRule{kind, rate, region, api, window});
        }
    }

    void everyday_faults() {
        using enum simulator::FaultKind;
        const double badness = dice_.chance(0.2) ? 0 : 0.03;
        for (const simulator::FaultKind kind :
             {throttle, internal, internal_after, lost, reset, slow}) {
            rule(kind, dice_.fraction() * badness, "", std::nullopt, simulator::FaultWindow{});
        }
        failures_.faults.slow_delay = {milliseconds(500), seconds(15)};  // sometimes over 10 s
        if (dice_.chance(0.4)) {
            failures_.faults.retry_after = dice_.duration(milliseconds(100), seconds(30));
        }
    }

    void add_outages() {
        std::vector<simulator::FaultRule>& rules = failures_.faults.rules;
        const Troubles& troubles = failures_.troubles;
        rules.insert(rules.end(), troubles.outages.begin(), troubles.outages.end());
        rules.insert(rules.end(), troubles.dead.begin(), troubles.dead.end());
        if (troubles.has_slow_region) {
            failures_.faults.slow_delay = {seconds(20), seconds(20)};
        }
    }

    /// Minutes in which all or many calls fail in the same way.
    void storms() {
        using enum simulator::FaultKind;
        const std::vector<simulator::FaultKind> kinds{
            throttle, throttle, throttle, internal, internal_after, lost, reset, slow};
        const std::vector<std::optional<io::KmsApi>> apis{
            std::nullopt, io::KmsApi::replicate_key, io::KmsApi::describe_key};
        for (std::size_t storm = dice_.below(8); storm > 0; --storm) {
            const double rate = dice_.chance(0.5) ? 1 : 0.3 + dice_.fraction() * 0.7;
            const std::string region = dice_.chance(0.2) ? "" : dice_.one_of(primaries_);
            // One draw per statement: compilers differ in the evaluation order of arguments.
            const simulator::FaultKind kind = dice_.one_of(kinds);
            const std::optional<io::KmsApi> api = dice_.one_of(apis);
            rule(kind, rate, region, api, window(seconds(10), minutes(20)));
        }
    }

    void full_regions() {
        for (std::size_t full = dice_.below(4); full > 0; --full) {
            const std::string& region = dice_.one_of(regions_);
            rule(simulator::FaultKind::limit,
                 1,
                 region,
                 std::nullopt,
                 window(minutes(1), minutes(90)));
        }
    }

    void denials() {
        for (std::size_t denial = dice_.below(3); denial > 0; --denial) {
            const std::string region = dice_.chance(0.2) ? "" : dice_.one_of(primaries_);
            const std::optional<io::KmsApi> api =
                dice_.chance(0.7) ? std::optional(io::KmsApi::replicate_key) : std::nullopt;
            rule(simulator::FaultKind::denied, 1, region, api, window(minutes(1), minutes(30)));
        }
    }

    /// Regions fail one by one, stay down together, and recover in a different order.
    void swizzles() {
        for (std::size_t swizzle = dice_.below(3); swizzle > 0; --swizzle) {
            std::vector<std::string> gone = dice_.some_of(primaries_, 1 + dice_.below(5));
            std::vector<simulator::FaultWindow> windows;
            std::chrono::nanoseconds at = dice_.moment_before(end_).time_since_epoch();
            for (std::size_t i = 0; i < gone.size(); ++i) {
                windows.push_back(simulator::FaultWindow{at, at});
                at += lasting(seconds(0), minutes(5));
            }
            at += lasting(seconds(0), minutes(10));
            std::vector<std::size_t> order;
            for (std::size_t i = 0; i < gone.size(); ++i) {
                order.push_back(i);
            }
            dice_.shuffle(order);
            for (const std::size_t i : order) {
                at += lasting(seconds(0), minutes(5));
                windows[i].until = std::min(at, end_.time_since_epoch());
            }
            for (std::size_t i = 0; i < gone.size(); ++i) {
                rule(simulator::FaultKind::down, 1, gone[i], std::nullopt, windows[i]);
            }
        }
    }

    void slow_creation() {
        for (std::size_t slow = dice_.below(3); slow > 0; --slow) {
            const simulator::FaultWindow when = window(minutes(5), minutes(120));
            WorldEvent event{};
            event.kind = WorldEvent::Kind::creating_changes;
            event.at = io::Moment{} + when.from;
            event.creating = {minutes(1), dice_.duration(minutes(2), minutes(30))};
            failures_.events.push_back(event);
            event.at = io::Moment{} + when.until;
            event.creating = simulator::KmsModelSettings{}.creating;
            failures_.events.push_back(event);
        }
    }

    /// Replicas that another caller creates.
    void foreign_replicas() {
        const std::vector<io::KeyState> states{io::KeyState::enabled,
                                               io::KeyState::enabled,
                                               io::KeyState::enabled,
                                               io::KeyState::creating,
                                               io::KeyState::disabled,
                                               io::KeyState::pending_deletion};
        const std::size_t jobs = plan_.jobs.size();
        for (std::size_t i = dice_.below(2 + jobs / 50); i > 0; --i) {
            WorldEvent event{};
            event.kind = WorldEvent::Kind::replica_created;
            event.at = dice_.chance(0.3) ? io::Moment{} : dice_.moment_before(end_);
            event.job = static_cast<planner::JobIndex>(dice_.below(jobs));
            event.state = dice_.one_of(states);
            failures_.events.push_back(event);
        }
    }

    void disabled_primaries() {
        const std::size_t keys = plan_.keys.size();
        for (std::size_t i = dice_.below(2 + keys / 100); i > 0; --i) {
            WorldEvent event{};
            event.kind = WorldEvent::Kind::primary_disabled;
            event.at = dice_.moment_before(end_);
            event.key = static_cast<std::uint32_t>(dice_.below(keys));
            failures_.events.push_back(event);
            if (dice_.chance(0.5)) {
                event.kind = WorldEvent::Kind::primary_enabled;
                event.at = std::min(end_, event.at + lasting(minutes(1), minutes(90)));
                failures_.events.push_back(event);
            }
        }
    }

    void interruptions() {
        using Kind = Interruption::Kind;
        const std::vector<Kind> kinds{
            Kind::kill, Kind::kill, Kind::kill, Kind::stop, Kind::stop, Kind::disk_fails};
        using Wait = Interruption::Wait;
        const std::vector<Wait> waits{Wait::nothing, Wait::sync, Wait::effect};
        for (std::size_t i = dice_.below(9); i > 0; --i) {
            Interruption interruption{};
            // Half of them occur early, while short runs are still busy.
            interruption.at = dice_.chance(0.5)
                                  ? dice_.moment_before(end_)
                                  : dice_.moment_before(io::Moment{} + (end_ - io::Moment{}) / 8);
            interruption.kind = dice_.one_of(kinds);
            interruption.wait = dice_.one_of(waits);
            interruption.unsynced_bytes_kept = dice_.chance(0.5) ? 0 : dice_.below(2000);
            failures_.interruptions.push_back(interruption);
        }
    }

    Dice dice_;
    const planner::Plan& plan_;
    io::Moment end_;
    std::vector<std::string> regions_;
    std::vector<std::string> primaries_;
    Failures failures_;
};

std::string_view name_of(WorldEvent::Kind kind) {
    switch (kind) {
        case WorldEvent::Kind::creating_changes:
            return "the duration of Creating changes";
        case WorldEvent::Kind::replica_created:
            return "another caller creates the replica of a job";
        case WorldEvent::Kind::primary_disabled:
            return "a primary is disabled";
        case WorldEvent::Kind::primary_enabled:
            return "a primary is enabled";
    }
    return "?";
}

std::string_view name_of(Interruption::Kind kind) {
    switch (kind) {
        case Interruption::Kind::kill:
            return "kill";
        case Interruption::Kind::stop:
            return "stop";
        case Interruption::Kind::disk_fails:
            return "the disk fails";
    }
    return "?";
}

std::string_view name_of(Interruption::Wait wait) {
    switch (wait) {
        case Interruption::Wait::nothing:
            return "";
        case Interruption::Wait::sync:
            return ", in the next sync";
        case Interruption::Wait::effect:
            return ", with the next replica";
    }
    return "?";
}

}  // namespace

bool is_mild(std::uint64_t seed) {
    return Dice(seed, "mildness").chance(0.4);
}

Failures draw_failures(std::uint64_t seed, const SoakFleet& fleet, io::Moment end) {
    return Draw(seed, fleet, end).all();
}

std::string description(const Failures& failures) {
    std::string text = fmt::format("  {}calm at {}\n",
                                   failures.is_mild ? "one run must handle all failures; " : "",
                                   clock_text(failures.calm_at));
    text += description(failures.troubles);
    for (const simulator::FaultRule& rule : failures.faults.rules) {
        const bool is_permanent = rule.window == simulator::FaultWindow{};
        text += fmt::format("  fault {}/{}.{}={:.3f} {}\n",
                            rule.region.empty() ? "*" : rule.region,
                            rule.api ? name_of(*rule.api) : "*",
                            simulator::name_of(rule.kind),
                            rule.rate,
                            is_permanent ? std::string("always")
                                         : clock_text(io::Moment{} + rule.window.from) + " to " +
                                               clock_text(io::Moment{} + rule.window.until));
    }
    for (const WorldEvent& event : failures.events) {
        text += fmt::format("  {} {}: job {}, key {}, {}\n",
                            clock_text(event.at),
                            name_of(event.kind),
                            event.job,
                            event.key,
                            io::name_of(event.state));
    }
    for (const Interruption& interruption : failures.interruptions) {
        text += fmt::format("  {} {}{}\n",
                            clock_text(interruption.at),
                            name_of(interruption.kind),
                            name_of(interruption.wait));
    }
    return text;
}

}  // namespace keyferry::soak
