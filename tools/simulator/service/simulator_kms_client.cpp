// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::simulator {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kMessageBytesMax = 1024;  // required by io::KmsClient
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

io::CallFailure refused(KmsRefusal refusal, std::string request_id) {
    const io::Certainty certainty =
        refusal.http_status >= kServerErrorMin ? io::Certainty::unknown : io::Certainty::refused;
    io::CallFailure failure(certainty, refusal.code, printable(std::move(refusal.message)));
    failure.wire_code = std::move(refusal.wire_code);
    failure.request_id = std::move(request_id);
    failure.http_status = refusal.http_status;
    return failure;
}

io::CallFailure unreachable(const io::AccountRegion& place) {
    return io::CallFailure(
        io::Certainty::not_sent,
        io::KmsErrorCode::service_unavailable,
        fmt::format("cannot connect to the simulated KMS in {}", place.region.name()));
}

/// The error of a call without a response.
struct NoResponse {
    io::KmsErrorCode code = io::KmsErrorCode::service_unavailable;
    const char* message = "the simulated connection was reset after the request was sent";
};

}  // namespace

SimulatorKmsClient::SimulatorKmsClient(SimulatedKms& kms,
                                       io::Clock& clock,
                                       const SimulatorClientSettings& settings)
    : kms_(kms), clock_(clock), settings_(settings), random_(settings.seed, "client") {}

template <typename Result, typename Request>
asio::awaitable<io::CallOutcome<Result>> SimulatorKmsClient::call(io::AccountRegion place,
                                                                  Request request) {
    const io::Moment began = clock_.now();
    const io::Moment deadline = began + settings_.request_deadline;
    const std::chrono::nanoseconds request_delay = random_.within(settings_.request_latency);
    const std::chrono::nanoseconds response_delay = random_.within(settings_.response_latency);
    const bool closes_as_timeout = (random_.next() & 1U) != 0;
    co_await clock_.sleep_until(began + request_delay, asio::use_awaitable);

    const SimulatedTime time{clock_.now(), clock_.wall_now() + settings_.clock_ahead};
    const auto date = std::chrono::floor<std::chrono::seconds>(time.wall);
    Served<Result> served = kms_.serve(place, request, time);
    NoResponse no_response;
    io::Moment answered_at = time.now + served.delay + response_delay;
    bool is_lost = served.delivery != Delivery::answered;
    if (served.delivery == Delivery::closed) {
        no_response.message = "the simulated connection was closed without a response";
    }
    if (answered_at > deadline || (served.delivery == Delivery::closed && closes_as_timeout)) {
        is_lost = true;
        answered_at = deadline;
        no_response.code = io::KmsErrorCode::request_timeout;
        no_response.message = "no response from the simulated KMS within the request deadline";
    }
    co_await clock_.sleep_until(answered_at, asio::use_awaitable);
    if (served.delivery == Delivery::unreachable) {
        co_return io::CallOutcome<Result>(unreachable(place));
    }
    if (is_lost) {
        co_return io::CallOutcome<Result>(
            io::CallFailure(io::Certainty::unknown, no_response.code, no_response.message));
    }
    if (auto* refusal = std::get_if<KmsRefusal>(&served.response)) {
        io::CallFailure failure = refused(std::move(*refusal), std::move(served.request_id));
        failure.retry_after = served.retry_after;
        failure.date = date;
        co_return io::CallOutcome<Result>(std::move(failure));
    }
    io::CallSuccess<Result> success(std::move(std::get<Result>(served.response)));
    success.request_id = std::move(served.request_id);
    success.date = date;
    co_return io::CallOutcome<Result>(std::move(success));
}

asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> SimulatorKmsClient::replicate_key(
    io::AccountRegion place, io::ReplicateKeyRequest request) {
    return call<io::ReplicateKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> SimulatorKmsClient::describe_key(
    io::AccountRegion place, io::DescribeKeyRequest request) {
    return call<io::DescribeKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::CreateKeyResult>> SimulatorKmsClient::create_key(
    io::AccountRegion place, io::CreateKeyRequest request) {
    return call<io::CreateKeyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListKeysResult>> SimulatorKmsClient::list_keys(
    io::AccountRegion place, io::ListKeysRequest request) {
    return call<io::ListKeysResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListAliasesResult>> SimulatorKmsClient::list_aliases(
    io::AccountRegion place, io::ListAliasesRequest request) {
    return call<io::ListAliasesResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> SimulatorKmsClient::list_resource_tags(
    io::AccountRegion place, io::ListResourceTagsRequest request) {
    return call<io::ListResourceTagsResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> SimulatorKmsClient::get_key_policy(
    io::AccountRegion place, io::GetKeyPolicyRequest request) {
    return call<io::GetKeyPolicyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::put_key_policy(
    io::AccountRegion place, io::PutKeyPolicyRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::tag_resource(
    io::AccountRegion place, io::TagResourceRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::untag_resource(
    io::AccountRegion place, io::UntagResourceRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::update_key_description(
    io::AccountRegion place, io::UpdateKeyDescriptionRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::enable_key(
    io::AccountRegion place, io::EnableKeyRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::disable_key(
    io::AccountRegion place, io::DisableKeyRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::create_alias(
    io::AccountRegion place, io::CreateAliasRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::update_alias(
    io::AccountRegion place, io::UpdateAliasRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> SimulatorKmsClient::delete_alias(
    io::AccountRegion place, io::DeleteAliasRequest request) {
    return call<io::EmptyResult>(std::move(place), std::move(request));
}

}  // namespace keyferry::simulator
