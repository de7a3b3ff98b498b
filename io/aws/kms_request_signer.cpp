// SPDX-License-Identifier: Apache-2.0
#include "io/aws/kms_request_signer.hpp"

#include "io/aws/sigv4.hpp"
#include "io/aws/timestamps.hpp"
#include "io/checksum/hmac_sha256.hpp"
#include "io/checksum/sha256.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <iterator>
#include <optional>

namespace keyferry::io {

namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.1";
constexpr std::string_view kTargetPrefix = "TrentService.";
constexpr std::string_view kService = "kms";

std::string_view as_text(const std::array<char, 64>& digits) {
    return {digits.data(), digits.size()};
}

/// The part that is the same for all requests for an operation in the same second.
struct Prepared {
    std::chrono::sys_seconds second{};
    std::string head;  ///< the headers up to "Signature="
    Sha256
        canonical_beginning;  ///< hash state of the canonical request, up to the hash of the body
    std::optional<HmacSha256>
        mac;  ///< HMAC state of the string to sign, up to the canonical request's hash
};

}  // namespace

struct KmsRequestSigner::State {
    State(std::shared_ptr<const Credentials> credentials_,
          const Region& region_,
          const Endpoint& endpoint_,
          std::string_view user_agent_)
        : credentials(std::move(credentials_)),
          region(region_.name()),
          host(endpoint_.host_header()),
          path(endpoint_.path),
          user_agent(user_agent_) {}

    void prepare(KmsApi api, std::chrono::sys_seconds now);
    const Secret& key_for(const CredentialScope& scope);

    std::shared_ptr<const Credentials> credentials;
    std::string region;
    std::string host;
    std::string path;
    std::string user_agent;

    CredentialScope key_scope;
    Secret key;
    std::array<std::optional<Prepared>, kKmsApis.size()> prepared;
    Sha256 working;
};

/// Deriving the key takes four HMACs. The key is valid for one day.
const Secret& KmsRequestSigner::State::key_for(const CredentialScope& scope) {
    if (key.empty() || key_scope != scope) {
        key = signing_key(credentials->secret_access_key, scope);
        key_scope = scope;
    }
    return key;
}

void KmsRequestSigner::State::prepare(KmsApi api, std::chrono::sys_seconds now) {
    std::optional<Prepared>& slot = prepared[static_cast<std::size_t>(api)];
    if (slot && slot->second == now) {
        return;
    }
    const std::string date = amz_date(now);
    const std::string target = fmt::format("{}{}", kTargetPrefix, name_of(api));
    const CredentialScope scope(amz_day(now), region, std::string(kService));
    SignableRequest request{"POST", path, "", {}, ""};
    request.headers = {{"Host", host},
                       {"Content-Type", kContentType},
                       {"X-Amz-Target", target},
                       {"X-Amz-Date", date}};
    if (credentials->session_token) {
        request.headers.push_back({"X-Amz-Security-Token", credentials->session_token->reveal()});
    }

    slot.emplace();
    slot->second = now;
    // The reference implementation creates the texts, so the two implementations can differ only in
    // how they hash them. Each text ends with 64 digits that depend on the body and are removed
    // here.
    std::string canonical = canonical_request(request);
    canonical.resize(canonical.size() - hex(sha256("")).size());
    slot->canonical_beginning.update(canonical);
    std::string to_sign = string_to_sign("", date, scope);
    to_sign.resize(to_sign.size() - hex(sha256("")).size());
    slot->mac.emplace(key_for(scope).reveal(), to_sign);

    slot->head = fmt::format("POST {} HTTP/1.1\r\n", path);
    for (const SignableHeader& header : request.headers) {
        fmt::format_to(std::back_inserter(slot->head), "{}: {}\r\n", header.name, header.value);
    }
    fmt::format_to(
        std::back_inserter(slot->head),
        "User-Agent: {}\r\nAuthorization: {}",
        user_agent,
        authorization_header(credentials->access_key_id, scope, signed_header_names(request), ""));
}

KmsRequestSigner::KmsRequestSigner(std::shared_ptr<const Credentials> credentials,
                                   const Region& region,
                                   const Endpoint& endpoint,
                                   std::string_view user_agent)
    : state_(std::make_unique<State>(std::move(credentials), region, endpoint, user_agent)) {
    assert(state_->credentials != nullptr);
}

KmsRequestSigner::~KmsRequestSigner() = default;
KmsRequestSigner::KmsRequestSigner(KmsRequestSigner&&) noexcept = default;
KmsRequestSigner& KmsRequestSigner::operator=(KmsRequestSigner&&) noexcept = default;

void KmsRequestSigner::append_head(KmsApi api,
                                   std::string_view body,
                                   std::chrono::sys_seconds now,
                                   std::string_view extra_headers,
                                   std::string& request) {
    state_->prepare(api, now);
    Prepared& prepared = *state_->prepared[static_cast<std::size_t>(api)];
    Sha256& working = state_->working;

    working.continue_from(prepared.canonical_beginning);
    working.update(as_text(hex_digits(sha256(body))));
    const Sha256Digest canonical = working.finish();
    const Sha256Digest signature = prepared.mac->of(as_text(hex_digits(canonical)));

    request += prepared.head;
    request += as_text(hex_digits(signature));
    request += "\r\nContent-Length: ";
    fmt::format_to(std::back_inserter(request), "{}", body.size());
    request += "\r\n";
    request += extra_headers;
    request += "\r\n";
}

}  // namespace keyferry::io
