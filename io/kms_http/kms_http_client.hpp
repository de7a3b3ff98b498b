// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_settings.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/account_region.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

namespace keyferry::io {

/// Returns the credentials that sign calls to an account and Region, or null if there are none. It
/// is called for every request, so that new credentials take effect. It may return the same pointer
/// as before only if the credentials are the same.
using CredentialsFor = std::function<std::shared_ptr<const Credentials>(const AccountRegion&)>;

/// Credentials, or the failure of the call that needed them.
using RefreshedCredentials = std::variant<std::shared_ptr<const Credentials>, CallFailure>;

/// Obtains credentials if CredentialsFor returned null, or if KMS rejected `refused` as expired. If
/// `refused` is not null, the new credentials must differ from it. A failure's message names the
/// account and the source. Its certainty is not_sent, and its code is missing_authentication_token
/// if only the user can fix the problem, and service_unavailable otherwise. The client sets the
/// failure's cause to `credentials`.
using RefreshCredentials = std::function<boost::asio::awaitable<RefreshedCredentials>(
    AccountRegion place, std::shared_ptr<const Credentials> refused)>;

/// Returns the KMS endpoint of a Region. Called once per account and Region.
using EndpointFor = std::function<Parsed<Endpoint>(const Region&)>;

/// KmsClient over signed HTTP: AWS JSON 1.1, Signature Version 4, keep-alive connections.
///
/// Each call is attempted only once, except in three cases in which the first attempt had no
/// effect. Read-only calls (Describe, List, Get) are resent immediately if an idle connection turns
/// out to be closed. If a call is rejected because the credentials have expired, it is resent once
/// with refreshed credentials. If a signature is rejected because the local clock is wrong, the
/// call is signed with KMS's time and resent once. Later calls to the same account and Region use
/// the corrected time from the start, as do calls to accounts and Regions that are used for the
/// first time.
class KmsHttpClient final : public KmsClient {
  public:
    /// If `refresh` is empty, expired credentials are reported as an ordinary failure. `version` is
    /// this program's version, for the User-Agent "keyferry/<version>". Throws std::runtime_error
    /// if the CA file in `settings` cannot be used. `io` and `clock` must outlive the client.
    /// Pending calls may outlive the client; they end when `io` is destroyed.
    KmsHttpClient(boost::asio::io_context& io,
                  Clock& clock,
                  CredentialsFor credentials_for,
                  RefreshCredentials refresh,
                  EndpointFor endpoint_for,
                  HttpSettings settings,
                  std::string_view version);
    ~KmsHttpClient() override;

    /// Returns how far KMS's clock is ahead of the local clock, according to the last response that
    /// rejected a signature because of its time; zero if there has been no such response.
    [[nodiscard]] std::chrono::seconds clock_correction() const;

    /// Whether CredentialsFor returns credentials.
    [[nodiscard]] bool is_prepared(const AccountRegion& place) const override;

    /// Calls RefreshCredentials if there are no credentials.
    boost::asio::awaitable<std::optional<CallFailure>> prepare(AccountRegion place) override;

    boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        AccountRegion place, ReplicateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        AccountRegion place, DescribeKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        AccountRegion place, CreateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(AccountRegion place,
                                                                  ListKeysRequest request) override;
    boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        AccountRegion place, ListAliasesRequest request) override;
    boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        AccountRegion place, ListResourceTagsRequest request) override;
    boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        AccountRegion place, GetKeyPolicyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> put_key_policy(
        AccountRegion place, PutKeyPolicyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> tag_resource(
        AccountRegion place, TagResourceRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> untag_resource(
        AccountRegion place, UntagResourceRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_key_description(
        AccountRegion place, UpdateKeyDescriptionRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> enable_key(AccountRegion place,
                                                                EnableKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> disable_key(
        AccountRegion place, DisableKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> create_alias(
        AccountRegion place, CreateAliasRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> update_alias(
        AccountRegion place, UpdateAliasRequest request) override;
    boost::asio::awaitable<CallOutcome<EmptyResult>> delete_alias(
        AccountRegion place, DeleteAliasRequest request) override;

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
