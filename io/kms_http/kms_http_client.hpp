#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/clock.hpp"
#include "io/http/http_settings.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/parsed.hpp"
#include "io/names/place.hpp"
#include "io/names/region.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <variant>

namespace keyferry {

/// Whose credentials sign calls to a place. Asked at every call, so that new credentials are taken
/// up: the same pointer means the same credentials. Null when there are none.
using CredentialsFor = std::function<std::shared_ptr<const Credentials>(const Place&)>;

/// Credentials, or why there are none: as a failure of the call that wanted them.
using FreshCredentials = std::variant<std::shared_ptr<const Credentials>, CallFailure>;

/// Asked where CredentialsFor has none, and when KMS takes credentials for expired: `refused` are
/// then those, and others are wanted.
using RenewCredentials = std::function<boost::asio::awaitable<FreshCredentials>(
    Place place, std::shared_ptr<const Credentials> refused)>;

/// Where a Region's KMS is asked. Asked once per place.
using EndpointFor = std::function<Parsed<Endpoint>(const Region&)>;

/// KmsClient over signed HTTP: AWS JSON 1.1, Signature Version 4, keep-alive connections.
///
/// One call is one attempt. A call that KMS refuses because its credentials have expired is made
/// once more with fresh ones: nothing was done. Only calls that change nothing (all but
/// ReplicateKey and CreateKey) are sent a second time, at once, when a connection that had rested
/// turns out to be closed.
class KmsHttpClient final : public KmsClient {
  public:
    /// `renew` may be empty: then an expired token is a failure like others. `version` is this
    /// program's, for the User-Agent "keyferry/<version>". Throws std::runtime_error when the
    /// settings' ca_file cannot be used. `io` and `clock` must outlive the client; calls may be
    /// pending when it ends, and are then ended by the destruction of `io`.
    KmsHttpClient(boost::asio::io_context& io,
                  Clock& clock,
                  CredentialsFor credentials_for,
                  RenewCredentials renew,
                  EndpointFor endpoint_for,
                  HttpSettings settings,
                  std::string_view version);
    ~KmsHttpClient() override;

    boost::asio::awaitable<CallOutcome<ReplicateKeyResult>> replicate_key(
        Place place, ReplicateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<DescribeKeyResult>> describe_key(
        Place place, DescribeKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<CreateKeyResult>> create_key(
        Place place, CreateKeyRequest request) override;
    boost::asio::awaitable<CallOutcome<ListKeysResult>> list_keys(Place place,
                                                                  ListKeysRequest request) override;
    boost::asio::awaitable<CallOutcome<ListAliasesResult>> list_aliases(
        Place place, ListAliasesRequest request) override;
    boost::asio::awaitable<CallOutcome<ListResourceTagsResult>> list_resource_tags(
        Place place, ListResourceTagsRequest request) override;
    boost::asio::awaitable<CallOutcome<GetKeyPolicyResult>> get_key_policy(
        Place place, GetKeyPolicyRequest request) override;

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry
