// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/region_probe.hpp"

#include "engine/run/kms_time.hpp"
#include "io/names/call_outcome.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <utility>
#include <variant>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

using Outcome = io::CallOutcome<io::DescribeKeyResult>;

constexpr std::chrono::seconds kRetryDelay{1};

ProbeResult result_of(const io::CallFailure& failure) {
    const bool lacks_credentials = failure.code == io::KmsErrorCode::missing_authentication_token;
    if (failure.certainty != io::Certainty::refused && !lacks_credentials) {
        return ProbeResult::no_response;
    }
    switch (failure.code) {
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_client_token:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::opt_in_required:
        case io::KmsErrorCode::request_expired:
            return ProbeResult::rejects;
        default:
            return ProbeResult::responds;  // also for NotFoundException: there is no replica
    }
}

RegionProbe probe_result(const io::AccountRegion& place, const Outcome& outcome) {
    const auto* failure = std::get_if<io::CallFailure>(&outcome);
    const ProbeResult result = failure == nullptr ? ProbeResult::responds : result_of(*failure);
    if (result == ProbeResult::responds) {
        return RegionProbe(place, result, "");
    }
    return RegionProbe(place,
                       result,
                       failure->wire_code.empty()
                           ? failure->message
                           : fmt::format("{}: {}", failure->wire_code, failure->message));
}

asio::awaitable<void> probe(io::KmsClient& client,
                            io::Clock& clock,
                            io::AccountRegion place,
                            io::KeyArn key,
                            std::vector<RegionProbe>& probes) {
    engine::KmsTime time;
    for (bool is_retry = false;; is_retry = true) {
        const engine::ClockReading sent(clock);
        io::DescribeKeyRequest request(key.text());
        const Outcome outcome = co_await client.describe_key(place, std::move(request));
        const auto date = std::visit([](const auto& response) { return response.date; }, outcome);
        if (date) {
            time.record_date(*date, sent, engine::ClockReading(clock));
        }
        RegionProbe result = probe_result(place, outcome);
        result.kms_ahead = time.ahead(engine::ClockReading(clock));
        if (result.result != ProbeResult::no_response || is_retry) {
            probes.push_back(std::move(result));
            co_return;
        }
        co_await clock.sleep_until(clock.now() + kRetryDelay, asio::use_awaitable);
    }
}

/// One key for each account and Region of the plan.
std::map<io::AccountRegion, io::KeyArn> keys_to_describe(const planner::Plan& plan) {
    std::map<io::AccountRegion, io::KeyArn> keys;
    // There may be millions of keys and jobs, and consecutive ones mostly have the same account and
    // Region.
    const io::KeyArn* last = nullptr;
    for (const planner::PlannedKey& key : plan.keys) {
        if (last == nullptr || last->region != key.primary.region ||
            last->account != key.primary.account) {
            keys.emplace(io::AccountRegion(key.primary.account, key.primary.region), key.primary);
            last = &key.primary;
        }
    }
    std::map<io::AccountId, std::vector<bool>> seen;
    std::vector<bool>* regions = nullptr;  // Regions seen in the account of the last job
    const io::AccountId* account = nullptr;
    for (const planner::Job& job : plan.jobs) {
        const io::AccountId& own = plan.keys[job.key].primary.account;
        if (account == nullptr || *account != own) {
            account = &own;
            regions = &seen.try_emplace(own, plan.regions.size()).first->second;
        }
        if (!(*regions)[job.region]) {
            (*regions)[job.region] = true;
            keys.emplace(planner::replica_location(plan, job), planner::replica_arn(plan, job));
        }
    }
    return keys;
}

}  // namespace

std::string_view name_of(ProbeResult result) noexcept {
    switch (result) {
        case ProbeResult::responds:
            return "responds";
        case ProbeResult::rejects:
            return "rejects";
        case ProbeResult::no_response:
            return "no response";
    }
    return "?";
}

std::vector<RegionProbe> probe_regions(const planner::Plan& plan,
                                       io::KmsClient& client,
                                       asio::io_context& io,
                                       io::Clock& clock) {
    const std::map<io::AccountRegion, io::KeyArn> keys = keys_to_describe(plan);
    std::vector<RegionProbe> probes;
    std::exception_ptr thrown;
    std::size_t left = keys.size();
    for (const auto& [place, key] : keys) {
        asio::co_spawn(io, probe(client, clock, place, key, probes), [&](std::exception_ptr error) {
            thrown = error ? error : thrown;
            if (--left == 0) {
                io.stop();
            }
        });
    }
    if (left > 0) {
        io.run();
        io.restart();
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    std::sort(probes.begin(), probes.end(), [](const RegionProbe& a, const RegionProbe& b) {
        return a.place < b.place;
    });
    return probes;
}

}  // namespace keyferry::cli
