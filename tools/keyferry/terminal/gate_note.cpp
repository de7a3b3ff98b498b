#include "tools/keyferry/terminal/gate_note.hpp"

#include "io/names/duration_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace keyferry {

namespace {

namespace json = boost::json;

std::string_view name_of(Breaker::State state) noexcept {
    switch (state) {
        case Breaker::State::closed:
            return "open";
        case Breaker::State::parked:
            return "parked";
        case Breaker::State::given_up:
            return "given up";
    }
    return "?";
}

double probe_in_s(const GateNews& news) {
    return std::chrono::duration<double>(news.probe_in).count();
}

std::string_view what_to_do(Trouble reason) noexcept {
    switch (reason) {
        case Trouble::key_quota:
            return "have the quota \"KMS keys\" of that Region raised (Service Quotas, AWS KMS); "
                   "it "
                   "goes on when there is room";
        case Trouble::denied:
            return "let the caller use kms:ReplicateKey on the primaries and kms:CreateKey there; "
                   "it goes on when KMS lets one through";
        case Trouble::unreachable:
            return "check the network if it lasts; it goes on when KMS answers";
        case Trouble::throttled:
        case Trouble::none:
            break;
    }
    return "it goes on when KMS lets one through";
}

}  // namespace

std::string gate_note(const GateNews& news) {
    const std::string what =
        fmt::format("{} {} (account {})",
                    news.kind == GateKind::endpoint ? "KMS in" : "replicas in",
                    news.place.region.name(),
                    news.place.account.digits()) +
        (news.primary_region ? " of keys in " + std::string(news.primary_region->name())
                             : std::string());
    switch (news.state) {
        case Breaker::State::closed:
            return what + ": goes on";
        case Breaker::State::parked:
            return fmt::format(
                "{}: parked, {} ({} refusals in a row, the last: {}). A probe goes out in {}, then "
                "less and less often; what does not need it goes on. To do: {}",
                what,
                name_of(news.reason),
                news.refusals,
                news.said,
                long_duration_text(probe_in_s(news)),
                what_to_do(news.reason));
        case Breaker::State::given_up:
            return fmt::format(
                "{}: given up for this run, {} ({} refusals in a row, the last: {}). Its jobs are "
                "left "
                "to a rerun. To do: {}",
                what,
                name_of(news.reason),
                news.refusals,
                news.said,
                what_to_do(news.reason));
    }
    return what;
}

std::string gate_json(const GateNews& news) {
    json::object region;
    region["account"] = news.place.account.digits();
    region["region"] = news.place.region.name();
    region["about"] = news.kind == GateKind::endpoint   ? "endpoint"
                      : news.kind == GateKind::replicas ? "replicas"
                                                        : "permission";
    if (news.primary_region) {
        region["primary_region"] = news.primary_region->name();
    }
    region["state"] = name_of(news.state);
    region["reason"] = name_of(news.reason);
    region["refusals"] = news.refusals;
    region["said"] = news.said;
    region["probe_in_s"] = probe_in_s(news);
    json::object object;
    object["region"] = std::move(region);
    return json::serialize(object);
}

}  // namespace keyferry
