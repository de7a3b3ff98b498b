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

namespace keyferry {

namespace asio = boost::asio;

namespace {

using Outcome = CallOutcome<DescribeKeyResult>;

constexpr std::chrono::seconds kBeforeSecondTry{1};

Standing standing_of(const CallFailure& failure) {
    if (failure.certainty != Certainty::refused) {
        return Standing::silent;
    }
    switch (failure.code) {
        case KmsErrorCode::expired_token:
        case KmsErrorCode::incomplete_signature:
        case KmsErrorCode::invalid_client_token:
        case KmsErrorCode::invalid_signature:
        case KmsErrorCode::missing_authentication_token:
        case KmsErrorCode::opt_in_required:
        case KmsErrorCode::request_expired:
            return Standing::refuses;
        default:
            return Standing::answers;  // "no such key" is what a Region without a replica says
    }
}

RegionKnock knock_of(const Place& place, const Outcome& outcome) {
    const auto* failure = std::get_if<CallFailure>(&outcome);
    const Standing standing = failure == nullptr ? Standing::answers : standing_of(*failure);
    if (standing == Standing::answers) {
        return RegionKnock(place, standing, "");
    }
    return RegionKnock(place,
                       standing,
                       failure->wire_code.empty()
                           ? failure->message
                           : fmt::format("{}: {}", failure->wire_code, failure->message));
}

asio::awaitable<void> knock(
    KmsClient& client, Clock& clock, Place place, KeyArn key, std::vector<RegionKnock>& knocks) {
    KmsTime time;
    for (bool is_second = false;; is_second = true) {
        const WallTime asked = clock.wall_now();
        DescribeKeyRequest request(key.text());
        const Outcome outcome = co_await client.describe_key(place, std::move(request));
        const auto date = std::visit([](const auto& answer) { return answer.date; }, outcome);
        if (date) {
            time.heard_date(*date, asked, clock.wall_now());
        }
        RegionKnock answer = knock_of(place, outcome);
        answer.kms_ahead = time.ahead();
        if (answer.standing != Standing::silent || is_second) {
            knocks.push_back(std::move(answer));
            co_return;
        }
        co_await clock.sleep_until(clock.now() + kBeforeSecondTry, asio::use_awaitable);
    }
}

/// One key for each place of the plan. A plan to run has keys of one account.
std::map<Place, KeyArn> keys_to_ask_for(const Plan& plan) {
    std::map<Place, KeyArn> keys;
    const Region* last = nullptr;  // keys are sorted by Region; there may be millions
    for (const PlannedKey& key : plan.keys) {
        if (last == nullptr || *last != key.primary.region) {
            keys.emplace(Place(key.primary.account, key.primary.region), key.primary);
            last = &key.primary.region;
        }
    }
    std::vector<bool> seen(plan.regions.size());
    for (const Job& job : plan.jobs) {
        if (!seen[job.region]) {
            seen[job.region] = true;
            keys.emplace(replica_place(plan, job), replica_arn(plan, job));
        }
    }
    return keys;
}

}  // namespace

std::string_view name_of(Standing standing) noexcept {
    switch (standing) {
        case Standing::answers:
            return "answers";
        case Standing::refuses:
            return "refuses";
        case Standing::silent:
            return "silent";
    }
    return "?";
}

std::vector<RegionKnock> knock_at_regions(const Plan& plan,
                                          KmsClient& client,
                                          asio::io_context& io,
                                          Clock& clock) {
    const std::map<Place, KeyArn> keys = keys_to_ask_for(plan);
    std::vector<RegionKnock> knocks;
    std::exception_ptr thrown;
    std::size_t left = keys.size();
    for (const auto& [place, key] : keys) {
        asio::co_spawn(io, knock(client, clock, place, key, knocks), [&](std::exception_ptr error) {
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
    std::sort(knocks.begin(), knocks.end(), [](const RegionKnock& a, const RegionKnock& b) {
        return a.place < b.place;
    });
    return knocks;
}

}  // namespace keyferry
