#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace keyferry {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kMessageBytesMax = 1024;  // the port's promise
constexpr int kServerErrorMin = 500;

std::string printable(std::string text) {
    text.resize(std::min(text.size(), kMessageBytesMax));
    for (char& character : text) {
        if (character < ' ' || character > '~') {
            character = '?';
        }
    }
    return text;
}

CallFailure refused(KmsRefusal refusal, std::string request_id) {
    const Certainty certainty =
        refusal.http_status >= kServerErrorMin ? Certainty::unknown : Certainty::refused;
    CallFailure failure(certainty, refusal.code, printable(std::move(refusal.message)));
    failure.wire_code = std::move(refusal.wire_code);
    failure.request_id = std::move(request_id);
    failure.http_status = refusal.http_status;
    return failure;
}

CallFailure unreachable(const Place& place) {
    return CallFailure(
        Certainty::not_sent,
        KmsErrorCode::service_unavailable,
        fmt::format("cannot connect to the simulated KMS in {}", place.region.name()));
}

/// How a call without an answer ends.
struct Silence {
    KmsErrorCode code = KmsErrorCode::service_unavailable;
    const char* message = "the simulated connection was reset after the request was sent";
};

}  // namespace

SimulatorKmsClient::SimulatorKmsClient(SimulatedKms& kms,
                                       Clock& clock,
                                       const SimulatorClientSettings& settings)
    : kms_(kms), clock_(clock), settings_(settings), random_(settings.seed, "client") {}

template <typename Result, typename Request>
asio::awaitable<CallOutcome<Result>> SimulatorKmsClient::call(Place place, Request request) {
    const Moment began = clock_.now();
    const Moment deadline = began + settings_.request_deadline;
    const std::chrono::nanoseconds way_there = random_.within(settings_.to_kms);
    const std::chrono::nanoseconds way_back = random_.within(settings_.from_kms);
    const bool lost_is_timeout = (random_.next() & 1U) != 0;
    co_await clock_.sleep_until(began + way_there, asio::use_awaitable);

    const SimulatedTime time{clock_.now(), clock_.wall_now() + settings_.clock_ahead};
    const auto date = std::chrono::floor<std::chrono::seconds>(time.wall);
    Served<Result> served = kms_.serve(place, request, time);
    Silence silence;
    Moment answered_at = time.now + served.delay + way_back;
    bool silent = served.delivery != Delivery::answered;
    if (served.delivery == Delivery::closed) {
        silence.message = "the simulated connection was closed without an answer";
    }
    if (answered_at > deadline || (served.delivery == Delivery::closed && lost_is_timeout)) {
        silent = true;
        answered_at = deadline;
        silence.code = KmsErrorCode::request_timeout;
        silence.message = "no answer from the simulated KMS within the request deadline";
    }
    co_await clock_.sleep_until(answered_at, asio::use_awaitable);
    if (served.delivery == Delivery::unreachable) {
        co_return CallOutcome<Result>(unreachable(place));
    }
    if (silent) {
        co_return CallOutcome<Result>(
            CallFailure(Certainty::unknown, silence.code, silence.message));
    }
    if (auto* refusal = std::get_if<KmsRefusal>(&served.answer)) {
        CallFailure failure = refused(std::move(*refusal), std::move(served.request_id));
        failure.retry_after = served.retry_after;
        failure.date = date;
        co_return CallOutcome<Result>(std::move(failure));
    }
    CallSuccess<Result> success(std::move(std::get<Result>(served.answer)));
    success.request_id = std::move(served.request_id);
    success.date = date;
    co_return CallOutcome<Result>(std::move(success));
}

asio::awaitable<CallOutcome<ReplicateKeyResult>> SimulatorKmsClient::replicate_key(
    Place place, ReplicateKeyRequest request) {
    return call<ReplicateKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<DescribeKeyResult>> SimulatorKmsClient::describe_key(
    Place place, DescribeKeyRequest request) {
    return call<DescribeKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<CreateKeyResult>> SimulatorKmsClient::create_key(
    Place place, CreateKeyRequest request) {
    return call<CreateKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListKeysResult>> SimulatorKmsClient::list_keys(
    Place place, ListKeysRequest request) {
    return call<ListKeysResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListAliasesResult>> SimulatorKmsClient::list_aliases(
    Place place, ListAliasesRequest request) {
    return call<ListAliasesResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<ListResourceTagsResult>> SimulatorKmsClient::list_resource_tags(
    Place place, ListResourceTagsRequest request) {
    return call<ListResourceTagsResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<GetKeyPolicyResult>> SimulatorKmsClient::get_key_policy(
    Place place, GetKeyPolicyRequest request) {
    return call<GetKeyPolicyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::put_key_policy(
    Place place, PutKeyPolicyRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::tag_resource(
    Place place, TagResourceRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::untag_resource(
    Place place, UntagResourceRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::update_key_description(
    Place place, UpdateKeyDescriptionRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::create_alias(
    Place place, CreateAliasRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::update_alias(
    Place place, UpdateAliasRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<CallOutcome<EmptyResult>> SimulatorKmsClient::delete_alias(
    Place place, DeleteAliasRequest request) {
    return call<EmptyResult>(std::move(place), std::move(request));
}

}  // namespace keyferry
