// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_http_client.hpp"

#include "io/aws/clock_skew.hpp"
#include "io/aws/kms_request_signer.hpp"
#include "io/http/http_client.hpp"
#include "io/kms_http/call_failures.hpp"
#include "io/kms_http/http_date.hpp"
#include "io/kms_http/kms_request_json.hpp"
#include "io/kms_http/kms_response_json.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace keyferry::io {
namespace {

constexpr int kOk = 200;

/// Typical size of a header section in bytes. The signer's headers, including a session token, have
/// about 1.5 KB.
constexpr std::size_t kHeadBytesTypical = 2048;

/// Cached state per account and Region: its connections, and the signer with the headers of the
/// current second.
struct EndpointState {
    EndpointState(Endpoint endpoint_, HttpTarget target_)
        : endpoint(std::move(endpoint_)), target(std::move(target_)) {}

    Endpoint endpoint;
    HttpTarget target;
    std::shared_ptr<const Credentials> credentials;  ///< the credentials that `signer` uses
    std::optional<KmsRequestSigner> signer;
    ClockSkew skew;
};

bool is_refused_signature(const CallFailure& failure) {
    return failure.certainty == Certainty::refused &&
           (failure.code == KmsErrorCode::invalid_signature ||
            failure.code == KmsErrorCode::request_expired);
}

}  // namespace

/// Shared with the calls in flight, because an io_context destroys pending coroutines last.
class KmsHttpClient::State {
  public:
    State(boost::asio::io_context& io,
          Clock& clock,
          CredentialsFor credentials_for,
          RefreshCredentials refresh,
          EndpointFor endpoint_for,
          HttpSettings settings,
          std::string_view version)
        : clock_(clock),
          credentials_for_(std::move(credentials_for)),
          refresh_(std::move(refresh)),
          endpoint_for_(std::move(endpoint_for)),
          http_(io, clock, std::move(settings)),
          user_agent_(fmt::format("keyferry/{}", version)) {}

    /// Returns the current credentials; null if refreshed() must be called.
    std::shared_ptr<const Credentials> credentials_for(const AccountRegion& place) const {
        return credentials_for_(place);
    }
    bool can_refresh() const noexcept { return refresh_ != nullptr; }
    boost::asio::awaitable<RefreshedCredentials> refreshed(
        AccountRegion place, std::shared_ptr<const Credentials> refused);

    /// Returns the state of `place` with a signer for `credentials`, or the reason why there is
    /// none.
    std::variant<EndpointState*, CallFailure> endpoint_state_for(
        const AccountRegion& place, const std::shared_ptr<const Credentials>& credentials);

    /// Returns the current time for signing requests to this endpoint.
    std::chrono::sys_seconds signing_time(const EndpointState& endpoint_state) const {
        return local_time() + endpoint_state.skew.correction();
    }

    /// Returns the headers and body of a request signed for `signed_at`.
    std::string signed_request(EndpointState& endpoint_state,
                               KmsApi api,
                               std::string_view body,
                               std::chrono::sys_seconds signed_at);

    /// Whether a call that was signed for `signed_at` failed because the local clock is wrong, and
    /// can be signed with the correct time. Stores the correction for this endpoint and for
    /// endpoints that are used later.
    bool corrects_clock_skew(EndpointState& endpoint_state,
                             std::chrono::sys_seconds signed_at,
                             const CallFailure& failure);

    /// The correction from the last rejected signature.
    std::chrono::seconds clock_correction() const { return skew_.correction(); }

    KmsResponseJson& json() noexcept { return json_; }

  private:
    std::chrono::sys_seconds local_time() const {
        return std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
    }

    Clock& clock_;
    CredentialsFor credentials_for_;
    RefreshCredentials refresh_;
    EndpointFor endpoint_for_;
    HttpClient http_;
    std::string user_agent_;
    KmsResponseJson json_;
    std::map<AccountRegion, EndpointState> endpoint_states_;
    ClockSkew skew_;  ///< from the last rejected signature
};

boost::asio::awaitable<RefreshedCredentials> KmsHttpClient::State::refreshed(
    AccountRegion place, std::shared_ptr<const Credentials> refused) {
    if (refresh_) {
        RefreshedCredentials outcome = co_await refresh_(std::move(place), std::move(refused));
        if (auto* failure = std::get_if<CallFailure>(&outcome)) {
            failure->cause = FailureCause::credentials;
        }
        co_return std::move(outcome);
    }
    CallFailure failure(
        Certainty::not_sent,
        KmsErrorCode::missing_authentication_token,
        fmt::format(
            "no credentials for account {} in {}", place.account.digits(), place.region.name()));
    failure.cause = FailureCause::credentials;
    co_return std::move(failure);
}

std::variant<EndpointState*, CallFailure> KmsHttpClient::State::endpoint_state_for(
    const AccountRegion& place, const std::shared_ptr<const Credentials>& credentials) {
    auto at = endpoint_states_.find(place);
    if (at == endpoint_states_.end()) {
        Parsed<Endpoint> endpoint = endpoint_for_(place.region);
        if (!endpoint) {
            return CallFailure(
                Certainty::not_sent,
                KmsErrorCode::service_unavailable,
                printable(fmt::format(
                              "no endpoint for {}: {}", place.region.name(), endpoint.error().text),
                          kFailureMessageBytesMax));
        }
        const HttpOrigin origin(endpoint->https, endpoint->host, endpoint->port);
        at = endpoint_states_
                 .emplace(place, EndpointState(std::move(*endpoint), http_.target(origin)))
                 .first;
        at->second.skew = skew_;
    }
    EndpointState& endpoint_state = at->second;
    if (endpoint_state.credentials != credentials) {
        endpoint_state.credentials = credentials;
        endpoint_state.signer.emplace(
            credentials, place.region, endpoint_state.endpoint, user_agent_);
    }
    return &endpoint_state;
}

std::string KmsHttpClient::State::signed_request(EndpointState& endpoint_state,
                                                 KmsApi api,
                                                 std::string_view body,
                                                 std::chrono::sys_seconds signed_at) {
    std::string request;
    request.reserve(kHeadBytesTypical + body.size());
    endpoint_state.signer->append_head(api, body, signed_at, "", request);
    request += body;
    return request;
}

bool KmsHttpClient::State::corrects_clock_skew(EndpointState& endpoint_state,
                                               std::chrono::sys_seconds signed_at,
                                               const CallFailure& failure) {
    if (!is_refused_signature(failure)) {
        return false;
    }
    const auto server_time = failure.date ? failure.date : server_time_in(failure.message);
    if (!server_time || !endpoint_state.skew.refused(signed_at, *server_time, local_time())) {
        return false;
    }
    skew_ = endpoint_state.skew;
    return true;
}

namespace {

/// An operation: its name, whether it can be resent, and how its response is parsed.
template <typename Result>
struct Operation {
    KmsApi api;
    Repeat repeat;
    Parsed<Result> (KmsResponseJson::*read)(std::string_view body);
};

template <typename Result>
CallOutcome<Result> outcome_of(const Operation<Result>& operation,
                               KmsResponseJson& json,
                               const Region& region,
                               const HttpOutcome& exchanged) {
    if (const auto* failure = std::get_if<HttpFailure>(&exchanged)) {
        return failure_without_response(*failure);
    }
    const auto& response = std::get<HttpResponse>(exchanged);
    if (response.status() != kOk) {
        return failure_of_response(response, json.error(response.body()), region);
    }
    Parsed<Result> result = (json.*operation.read)(response.body());
    if (!result) {
        return failure_of_body(response, result.error().text);
    }
    CallSuccess<Result> success(std::move(*result));
    success.request_id = printable(response.header(ResponseHeader::request_id), kWireCodeBytesMax);
    success.date = read_http_date(response.header(ResponseHeader::date));
    return success;
}

template <typename Result>
bool is_expired(const CallOutcome<Result>& outcome) {
    const auto* failure = std::get_if<CallFailure>(&outcome);
    return failure != nullptr && failure->certainty == Certainty::refused &&
           failure->code == KmsErrorCode::expired_token;
}

/// Sends one request with `credentials`. `body` is JSON. This is a template because the type of the
/// client's state is private.
template <typename Result, typename State>
boost::asio::awaitable<CallOutcome<Result>> attempt(
    std::shared_ptr<State> state,
    AccountRegion place,
    Operation<Result> operation,
    std::string_view body,
    std::shared_ptr<const Credentials> credentials) {
    const auto endpoint_state = state->endpoint_state_for(place, credentials);
    if (const auto* failure = std::get_if<CallFailure>(&endpoint_state)) {
        co_return CallOutcome<Result>(*failure);
    }
    EndpointState& to = *std::get<EndpointState*>(endpoint_state);
    for (bool is_second = false;; is_second = true) {
        const std::chrono::sys_seconds signed_at = state->signing_time(to);
        const std::string request = state->signed_request(to, operation.api, body, signed_at);
        const HttpTarget target = to.target;
        const HttpOutcome exchanged = co_await target.exchange(request, operation.repeat);
        CallOutcome<Result> outcome = outcome_of(operation, state->json(), place.region, exchanged);
        const auto* failure = std::get_if<CallFailure>(&outcome);
        if (failure == nullptr || is_second ||
            !state->corrects_clock_skew(to, signed_at, *failure)) {
            co_return std::move(outcome);
        }
    }
}

/// Sends a request with the current credentials. If KMS rejects them as expired, sends it again
/// with refreshed credentials.
template <typename Result, typename State>
boost::asio::awaitable<CallOutcome<Result>> call(std::shared_ptr<State> state,
                                                 AccountRegion place,
                                                 Operation<Result> operation,
                                                 std::string body) {
    std::shared_ptr<const Credentials> credentials = state->credentials_for(place);
    for (bool was_refused = false;; was_refused = true) {
        if (!credentials || was_refused) {
            const RefreshedCredentials refreshed = co_await state->refreshed(place, credentials);
            if (const auto* failure = std::get_if<CallFailure>(&refreshed)) {
                co_return CallOutcome<Result>(*failure);
            }
            credentials = std::get<std::shared_ptr<const Credentials>>(refreshed);
        }
        CallOutcome<Result> outcome = co_await attempt(state, place, operation, body, credentials);
        if (was_refused || !state->can_refresh() || !is_expired(outcome)) {
            co_return std::move(outcome);
        }
    }
}

/// Obtains credentials for calls to `place` if there are none. This is a template for the same
/// reason as the functions above.
template <typename State>
boost::asio::awaitable<std::optional<CallFailure>> obtain_credentials(std::shared_ptr<State> state,
                                                                      AccountRegion place) {
    if (state->credentials_for(place)) {
        co_return std::nullopt;
    }
    RefreshedCredentials refreshed = co_await state->refreshed(std::move(place), nullptr);
    std::optional<CallFailure> failed;
    if (auto* failure = std::get_if<CallFailure>(&refreshed)) {
        failed.emplace(std::move(*failure));
    }
    co_return std::move(failed);
}

template <typename Request>
std::string json_of(const Request& request) {
    std::string body;
    append_json(request, body);
    return body;
}

constexpr Operation<ReplicateKeyResult> kReplicateKey{
    KmsApi::replicate_key, Repeat::never, &KmsResponseJson::replicate_key};
constexpr Operation<DescribeKeyResult> kDescribeKey{
    KmsApi::describe_key, Repeat::if_stale, &KmsResponseJson::describe_key};
constexpr Operation<CreateKeyResult> kCreateKey{
    KmsApi::create_key, Repeat::never, &KmsResponseJson::create_key};
constexpr Operation<ListKeysResult> kListKeys{
    KmsApi::list_keys, Repeat::if_stale, &KmsResponseJson::list_keys};
constexpr Operation<ListAliasesResult> kListAliases{
    KmsApi::list_aliases, Repeat::if_stale, &KmsResponseJson::list_aliases};
constexpr Operation<ListResourceTagsResult> kListResourceTags{
    KmsApi::list_resource_tags, Repeat::if_stale, &KmsResponseJson::list_resource_tags};
constexpr Operation<GetKeyPolicyResult> kGetKeyPolicy{
    KmsApi::get_key_policy, Repeat::if_stale, &KmsResponseJson::get_key_policy};

/// A modifying operation with an empty response.
constexpr Operation<EmptyResult> changing(KmsApi api) {
    return {api, Repeat::never, &KmsResponseJson::empty};
}

}  // namespace

KmsHttpClient::KmsHttpClient(boost::asio::io_context& io,
                             Clock& clock,
                             CredentialsFor credentials_for,
                             RefreshCredentials refresh,
                             EndpointFor endpoint_for,
                             HttpSettings settings,
                             std::string_view version)
    : state_(std::make_shared<State>(io,
                                     clock,
                                     std::move(credentials_for),
                                     std::move(refresh),
                                     std::move(endpoint_for),
                                     std::move(settings),
                                     version)) {}

KmsHttpClient::~KmsHttpClient() = default;

std::chrono::seconds KmsHttpClient::clock_correction() const {
    return state_->clock_correction();
}

bool KmsHttpClient::is_prepared(const AccountRegion& place) const {
    return state_->credentials_for(place) != nullptr;
}

boost::asio::awaitable<std::optional<CallFailure>> KmsHttpClient::prepare(AccountRegion place) {
    return obtain_credentials(state_, std::move(place));
}

boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> KmsHttpClient::replicate_key(
    AccountRegion place, ReplicateKeyRequest request) {
    return call(state_, std::move(place), kReplicateKey, json_of(request));
}

boost::asio::awaitable<CallOutcome<DescribeKeyResult>> KmsHttpClient::describe_key(
    AccountRegion place, DescribeKeyRequest request) {
    return call(state_, std::move(place), kDescribeKey, json_of(request));
}

boost::asio::awaitable<CallOutcome<CreateKeyResult>> KmsHttpClient::create_key(
    AccountRegion place, CreateKeyRequest request) {
    return call(state_, std::move(place), kCreateKey, json_of(request));
}

boost::asio::awaitable<CallOutcome<ListKeysResult>> KmsHttpClient::list_keys(
    AccountRegion place, ListKeysRequest request) {
    return call(state_, std::move(place), kListKeys, json_of(request));
}

boost::asio::awaitable<CallOutcome<ListAliasesResult>> KmsHttpClient::list_aliases(
    AccountRegion place, ListAliasesRequest request) {
    return call(state_, std::move(place), kListAliases, json_of(request));
}

boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> KmsHttpClient::list_resource_tags(
    AccountRegion place, ListResourceTagsRequest request) {
    return call(state_, std::move(place), kListResourceTags, json_of(request));
}

boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> KmsHttpClient::get_key_policy(
    AccountRegion place, GetKeyPolicyRequest request) {
    return call(state_, std::move(place), kGetKeyPolicy, json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::put_key_policy(
    AccountRegion place, PutKeyPolicyRequest request) {
    return call(state_, std::move(place), changing(KmsApi::put_key_policy), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::tag_resource(
    AccountRegion place, TagResourceRequest request) {
    return call(state_, std::move(place), changing(KmsApi::tag_resource), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::untag_resource(
    AccountRegion place, UntagResourceRequest request) {
    return call(state_, std::move(place), changing(KmsApi::untag_resource), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::update_key_description(
    AccountRegion place, UpdateKeyDescriptionRequest request) {
    return call(
        state_, std::move(place), changing(KmsApi::update_key_description), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::enable_key(
    AccountRegion place, EnableKeyRequest request) {
    return call(state_, std::move(place), changing(KmsApi::enable_key), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::disable_key(
    AccountRegion place, DisableKeyRequest request) {
    return call(state_, std::move(place), changing(KmsApi::disable_key), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::create_alias(
    AccountRegion place, CreateAliasRequest request) {
    return call(state_, std::move(place), changing(KmsApi::create_alias), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::update_alias(
    AccountRegion place, UpdateAliasRequest request) {
    return call(state_, std::move(place), changing(KmsApi::update_alias), json_of(request));
}

boost::asio::awaitable<CallOutcome<EmptyResult>> KmsHttpClient::delete_alias(
    AccountRegion place, DeleteAliasRequest request) {
    return call(state_, std::move(place), changing(KmsApi::delete_alias), json_of(request));
}

}  // namespace keyferry::io
