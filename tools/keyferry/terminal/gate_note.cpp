// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/gate_note.hpp"

#include "io/names/duration_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace keyferry::cli {

namespace {

namespace json = boost::json;

std::string_view name_of(engine::Breaker::State state) noexcept {
    switch (state) {
        case engine::Breaker::State::closed:
            return "open";
        case engine::Breaker::State::parked:
            return "parked";
        case engine::Breaker::State::given_up:
            return "abandoned";
    }
    return "?";
}

double probe_in_s(const engine::GateNews& news) {
    return std::chrono::duration<double>(news.probe_in).count();
}

std::string_view remedy_for(engine::FailureClass reason) noexcept {
    switch (reason) {
        case engine::FailureClass::key_quota:
            return "request an increase of the quota \"KMS keys\" in that Region (Service Quotas, "
                   "AWS KMS); its jobs resume when there is room";
        case engine::FailureClass::denied:
            return "allow kms:ReplicateKey on the primaries and kms:CreateKey in that Region; its "
                   "jobs resume when a probe succeeds";
        case engine::FailureClass::unreachable:
            return "check the network if this persists; its jobs resume when KMS responds";
        case engine::FailureClass::throttled:
        case engine::FailureClass::none:
            break;
    }
    return "none; its jobs resume when a probe succeeds";
}

}  // namespace

std::string gate_message(const engine::GateNews& news) {
    std::string what =
        fmt::format("{} {} (account {})",
                    news.kind == engine::GateKind::endpoint ? "KMS in" : "replicas in",
                    news.place.region.name(),
                    news.place.account.digits()) +
        (news.primary_region ? " of keys in " + std::string(news.primary_region->name())
                             : std::string());
    switch (news.state) {
        case engine::Breaker::State::closed:
            return what + ": resumed";
        case engine::Breaker::State::parked:
            return fmt::format(
                "{}: parked, {} ({} failures in a row, the last: {}). Next probe in {}, then at "
                "increasing intervals; other jobs continue. To do: {}",
                what,
                name_of(news.reason),
                news.refusals,
                news.said,
                io::long_duration_text(probe_in_s(news)),
                remedy_for(news.reason));
        case engine::Breaker::State::given_up:
            return fmt::format(
                "{}: abandoned for this run, {} ({} failures in a row, the last: {}). A rerun "
                "continues its jobs. To do: {}",
                what,
                name_of(news.reason),
                news.refusals,
                news.said,
                remedy_for(news.reason));
    }
    return what;
}

std::string gate_json(const engine::GateNews& news) {
    json::object region;
    region["account"] = news.place.account.digits();
    region["region"] = news.place.region.name();
    region["about"] = news.kind == engine::GateKind::endpoint   ? "endpoint"
                      : news.kind == engine::GateKind::replicas ? "replicas"
                                                                : "permission";
    if (news.primary_region) {
        region["primary_region"] = news.primary_region->name();
    }
    region["state"] = name_of(news.state);
    region["reason"] = name_of(news.reason);
    region["failures"] = news.refusals;
    region["message"] = news.said;
    region["probe_in_s"] = probe_in_s(news);
    json::object object;
    object["region"] = std::move(region);
    return json::serialize(object);
}

}  // namespace keyferry::cli
