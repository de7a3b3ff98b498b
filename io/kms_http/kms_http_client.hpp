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

#include <functional>
#include <memory>
#include <string_view>
#include <variant>

namespace keyferry::io {

/// Whose credentials sign calls to a place. Asked at every call, so that new credentials are taken
/// up: the same pointer means the same credentials. Null when there are none.
using CredentialsFor = std::function<std::shared_ptr<const Credentials>(const AccountRegion&)>;

/// Credentials, or why there are none: as a failure of the call that wanted them.
using RefreshedCredentials = std::variant<std::shared_ptr<const Credentials>, CallFailure>;

/// Asked where CredentialsFor has none, and when KMS takes credentials for expired: `refused` are
/// then those, and others are wanted.
using RefreshCredentials = std::function<boost::asio::awaitable<RefreshedCredentials>(
    AccountRegion place, std::shared_ptr<const Credentials> refused)>;

/// Where a Region's KMS is asked. Asked once per place.
using EndpointFor = std::function<Parsed<Endpoint>(const Region&)>;

/// KmsClient over signed HTTP: AWS JSON 1.1, Signature Version 4, keep-alive connections.
///
/// One call is one attempt, with three exceptions, in all of which nothing has been done before.
/// Calls that change nothing (those that describe, list or get) are sent a second time, at once,
/// when a connection that had rested turns out to be closed. A call that KMS refuses because its
/// credentials have expired is made once more with refreshed ones. And one whose signature it
/// refuses because this machine's clock is wrong is signed and sent anew by KMS's time, once: later
/// calls to the place, and to places that are asked for the first time, are signed so from the
/// beginning.
class KmsHttpClient final : public KmsClient {
  public:
    /// `refresh` may be empty: then an expired token is a failure like others. `version` is this
    /// program's, for the User-Agent "keyferry/<version>". Throws std::runtime_error when the
    /// settings' ca_file cannot be used. `io` and `clock` must outlive the client; calls may be
    /// pending when it ends, and are then ended by the destruction of `io`.
    KmsHttpClient(boost::asio::io_context& io,
                  Clock& clock,
                  CredentialsFor credentials_for,
                  RefreshCredentials refresh,
                  EndpointFor endpoint_for,
                  HttpSettings settings,
                  std::string_view version);
    ~KmsHttpClient() override;

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
