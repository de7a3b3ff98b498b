// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/troubles.hpp"

#include "tests/soak/clock_text.hpp"
#include "tests/soak/dice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace keyferry::soak {

namespace {

using simulator::FaultWindow;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = MachineEvent::Kind;

/// The end of failures that last until the user fixes them.
constexpr std::chrono::nanoseconds kUntilMended = simulator::kFaultWindowMax;

class TroublesDraw {
  public:
    TroublesDraw(std::uint64_t seed, const SoakFleet& fleet, io::Moment end, bool is_mild)
        : dice_(seed, "more troubles"), plan_(fleet.plan), end_(end), is_mild_(is_mild) {
        std::set<std::string> endpoints;
        std::set<std::string> accounts;
        for (const io::Region& region : plan_.regions) {
            endpoints.insert(region.name());
        }
        for (const planner::PlannedKey& key : plan_.keys) {
            endpoints.insert(key.primary.region.name());
            accounts.insert(key.primary.account.digits());
        }
        endpoints_.assign(endpoints.begin(), endpoints.end());
        accounts_.assign(accounts.begin(), accounts.end());
    }

    Troubles all() {
        first_minute_outages();
        slow_region();
        dead_endpoint();
        credential_losses();
        incomplete_responses();
        denied_keys();
        disk();
        clock();
        sleeps();
        std::stable_sort(troubles_.machine_events.begin(),
                         troubles_.machine_events.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
        return std::move(troubles_);
    }

  private:
    /// Starts in the first minute or, in half of the cases, at any time before the end.
    FaultWindow passing_window() {
        const io::Moment latest =
            dice_.chance(0.5) ? std::min(end_, io::Moment{} + minutes(1)) : end_;
        return window_from(dice_.moment_before(latest), seconds(5), minutes(5));
    }

    FaultWindow window_from(io::Moment start, milliseconds least, milliseconds most) {
        const std::chrono::nanoseconds from = start.time_since_epoch();
        const milliseconds lasting = dice_.duration(least, most);
        troubles_.lasting += lasting;
        // A mild run outlasts its failures; in other runs, no failures occur after the calm begins.
        const std::chrono::nanoseconds until = from + lasting;
        return FaultWindow{from, is_mild_ ? until : std::min(until, end_.time_since_epoch())};
    }

    /// A run must complete despite an outage of up to 5 minutes at any endpoint.
    void first_minute_outages() {
        using enum simulator::FaultKind;
        const std::vector<simulator::FaultKind> kinds{
            down, down, throttle, internal, internal_after, lost, reset, slow, limit};
        const std::vector<std::optional<io::KmsApi>> apis{
            std::nullopt, std::nullopt, io::KmsApi::replicate_key, io::KmsApi::describe_key};
        for (std::size_t outage = dice_.below(4); outage > 0; --outage) {
            simulator::FaultRule rule;
            rule.kind = dice_.one_of(kinds);
            rule.rate = 1;
            rule.region = dice_.one_of(endpoints_);
            rule.api = dice_.one_of(apis);
            const io::Moment start = dice_.moment_before(std::min(end_, io::Moment{} + minutes(1)));
            rule.window = window_from(start, seconds(5), minutes(5));
            troubles_.outages.push_back(rule);
        }
    }

    void slow_region() {
        if (!dice_.chance(0.2)) {
            return;
        }
        troubles_.has_slow_region = true;
        simulator::FaultRule rule;
        rule.kind = simulator::FaultKind::slow;
        rule.rate = 1;
        rule.region = dice_.one_of(endpoints_);
        rule.api = io::KmsApi::replicate_key;
        rule.window = window_from(dice_.moment_before(end_), minutes(1), minutes(30));
        troubles_.outages.push_back(rule);
    }

    void dead_endpoint() {
        if (!dice_.chance(0.15)) {
            return;
        }
        simulator::FaultRule rule;
        rule.kind = simulator::FaultKind::down;
        rule.rate = 1;
        rule.region = dice_.one_of(endpoints_);
        if (is_mild_) {
            const io::Moment from = dice_.moment_before(io::Moment{} + minutes(1));
            rule.window = FaultWindow{from.time_since_epoch(), kUntilMended};
        } else {
            rule.window = window_from(dice_.moment_before(end_), minutes(35), hours(2));
        }
        troubles_.dead.push_back(rule);
    }

    void credential_losses() {
        if (dice_.chance(0.2)) {
            const std::string account = dice_.one_of(accounts_);
            troubles_.credential_losses.push_back({account, passing_window(), false});
        }
        if (dice_.chance(0.15)) {
            const std::string account = dice_.one_of(accounts_);
            FaultWindow window = passing_window();
            window.until = is_mild_ ? kUntilMended : window.until;
            troubles_.credential_losses.push_back({account, window, true});
        }
    }

    void incomplete_responses() {
        for (std::size_t times = dice_.chance(0.3) ? 1 + dice_.below(2) : 0; times > 0; --times) {
            const std::string region = dice_.one_of(endpoints_);
            const double rate = dice_.chance(0.5) ? 1 : dice_.fraction();
            troubles_.incomplete_responses.push_back({region, rate, passing_window()});
        }
        if (dice_.chance(0.1)) {
            for (const std::string& region : endpoints_) {
                troubles_.incomplete_responses.push_back({region, 0.02, FaultWindow{}});
            }
        }
    }

    /// Denies 0 to 90 % of the jobs: at the beginning, at the end, in contiguous ranges or
    /// scattered.
    void denied_keys() {
        const std::size_t jobs = plan_.jobs.size();
        troubles_.denied.assign(jobs, false);
        if (!dice_.chance(0.35)) {
            return;
        }
        troubles_.denials_end = !is_mild_ && dice_.chance(0.5);
        const double part = dice_.fraction() * 0.9;
        const auto count = static_cast<std::size_t>(part * static_cast<double>(jobs));
        const std::size_t order = dice_.below(4);
        const std::size_t stretch = order == 2 ? 1 + dice_.below(40) : 1;
        for (std::size_t job = 0; job < jobs;) {
            const bool is_drawn = order == 0   ? job < count
                                  : order == 1 ? job >= jobs - count
                                               : dice_.chance(part);
            for (std::size_t i = 0; i < stretch && job < jobs; ++i, ++job) {
                troubles_.denied[job] = is_drawn;
            }
        }
    }

    void add(io::Moment at, Kind kind, std::int64_t amount) {
        troubles_.machine_events.push_back(MachineEvent{at, kind, amount});
    }
    void add(io::Moment at, Kind kind, milliseconds amount) { add(at, kind, amount.count()); }

    void disk() {
        if (dice_.chance(0.3)) {
            const io::Moment start = dice_.chance(0.5) ? io::Moment{} : dice_.moment_before(end_);
            const milliseconds slow = dice_.duration(milliseconds(2), milliseconds(400));
            add(start, Kind::disk_slows, slow);
            if (dice_.chance(0.5)) {
                add(start + dice_.duration(seconds(10), minutes(60)), Kind::disk_slows, 0);
            }
        }
        for (std::size_t stall = dice_.chance(0.2) ? 1 + dice_.below(3) : 0; stall > 0; --stall) {
            const io::Moment start = dice_.moment_before(end_);
            const milliseconds slow = dice_.duration(seconds(2), seconds(60));
            add(start, Kind::disk_slows, slow);
            add(start + slow, Kind::disk_slows, 0);
            troubles_.lasting += 2 * slow;
        }
        if (!is_mild_ && dice_.chance(0.25)) {
            const io::Moment start = dice_.moment_before(end_);
            const auto bytes_left = static_cast<std::int64_t>(dice_.below(20'000));
            add(start, Kind::disk_fills, bytes_left);
            const io::Moment freed = start + dice_.duration(minutes(1), minutes(60));
            add(std::min(end_, freed), Kind::disk_has_room, 0);
        }
    }

    void clock() {
        const std::vector<milliseconds> most{seconds(5), minutes(10), hours(3), hours(48)};
        const auto offset = [&] {
            const milliseconds drawn = dice_.duration(milliseconds(0), dice_.one_of(most));
            return dice_.chance(0.5) ? drawn : -drawn;
        };
        if (dice_.chance(0.3)) {
            add(io::Moment{}, Kind::clock_is_set, offset());
        }
        for (std::size_t jump = dice_.chance(0.2) ? 1 + dice_.below(3) : 0; jump > 0; --jump) {
            const io::Moment at = dice_.moment_before(end_);
            add(at, Kind::clock_is_set, offset());
        }
    }

    void sleeps() {
        for (std::size_t sleep = dice_.chance(0.2) ? 1 + dice_.below(3) : 0; sleep > 0; --sleep) {
            const io::Moment at = dice_.moment_before(end_);
            const Kind kind = dice_.chance(0.5) ? Kind::sleeps : Kind::freezes;
            const milliseconds most = dice_.chance(0.5) ? minutes(2) : milliseconds(hours(3));
            const milliseconds duration = dice_.duration(seconds(1), most);
            add(at, kind, duration);
            troubles_.lasting += duration;
        }
    }

    Dice dice_;
    const planner::Plan& plan_;
    io::Moment end_;
    bool is_mild_;
    std::vector<std::string> endpoints_;
    std::vector<std::string> accounts_;
    Troubles troubles_;
};

std::string text_of(const FaultWindow& window) {
    return window.until >= kUntilMended
               ? fmt::format("from {}", clock_text(io::Moment{} + window.from))
               : fmt::format("{} to {}",
                             clock_text(io::Moment{} + window.from),
                             clock_text(io::Moment{} + window.until));
}

}  // namespace

Troubles draw_troubles(std::uint64_t seed, const SoakFleet& fleet, io::Moment end, bool is_mild) {
    return TroublesDraw(seed, fleet, end, is_mild).all();
}

std::string description(const Troubles& troubles) {
    std::string text;
    for (const auto* rules : {&troubles.outages, &troubles.dead}) {
        for (const simulator::FaultRule& rule : *rules) {
            text += fmt::format("  {} {}/{}.{} {}\n",
                                rules == &troubles.dead ? "dead" : "outage",
                                rule.region,
                                rule.api ? name_of(*rule.api) : "*",
                                simulator::name_of(rule.kind),
                                text_of(rule.window));
        }
    }
    for (const CredentialLoss& loss : troubles.credential_losses) {
        text += fmt::format("  credentials of {} {}, {}\n",
                            loss.account,
                            loss.is_refused ? "refused" : "missing",
                            text_of(loss.window));
    }
    for (const IncompleteResponses& incomplete : troubles.incomplete_responses) {
        text += fmt::format("  incomplete responses of {}: {:.3f}, {}\n",
                            incomplete.region,
                            incomplete.rate,
                            text_of(incomplete.window));
    }
    text += fmt::format("  {} jobs denied{}\n",
                        std::count(troubles.denied.begin(), troubles.denied.end(), true),
                        troubles.denials_end ? " until it is calm" : "");
    for (const MachineEvent& event : troubles.machine_events) {
        text +=
            fmt::format("  {} {} {}\n", clock_text(event.at), name_of(event.kind), event.amount);
    }
    return text;
}

}  // namespace keyferry::soak
