#pragma once

#include "io/aws/authorization.hpp"
#include "io/aws/secret.hpp"
#include "io/aws/sigv4.hpp"
#include "io/names/account_id.hpp"
#include "tools/simulator/simulated_kms.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry {

/// Somebody whose signatures the simulator knows. Move-only, because of its secrets.
struct SimulatorIdentity {
    SimulatorIdentity(std::string access_key_id_, Secret secret_access_key_, AccountId account_)
        : access_key_id(std::move(access_key_id_)),
          secret_access_key(std::move(secret_access_key_)),
          account(std::move(account_)) {}

    std::string access_key_id;
    Secret secret_access_key;
    Secret session_token;  ///< empty for none; otherwise requests must carry it
    AccountId account;
};

/// The identity of AWS's documented signing examples (AKIDEXAMPLE) in account 111122223333.
SimulatorIdentity example_identity();

struct FrontAnswer {
    int http_status = 0;
    std::string body;
    std::string request_id;
    Delivery delivery = Delivery::answered;
    std::chrono::nanoseconds delay{0};
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
};

/// What stands between HTTP and the simulated KMS: checks the signature, tells the Region from its
/// credential scope (all Regions share one port), finds the operation, turns JSON into a typed
/// request and the result into JSON. Works on a request that is parsed already; no sockets.
class KmsFront {
  public:
    /// KMS accepts signatures of this age to both sides.
    static constexpr std::chrono::minutes kSignatureAgeMax{5};

    explicit KmsFront(SimulatedKms& kms) : kms_(kms) {}

    /// An identity with the access key id of an earlier one takes its place.
    void add_identity(SimulatorIdentity identity);

    /// Names that `request` does not sign are ignored; its views must live through the call.
    FrontAnswer answer(const SignableRequest& request, const SimulatedTime& time);

  private:
    static constexpr std::size_t kSigningKeysMax = 4096;

    std::variant<Place, KmsRefusal> authenticate(const SignableRequest& request,
                                                 const SimulatedTime& time);
    const SimulatorIdentity* identity(std::string_view access_key_id) const;
    const Secret& signing_key_of(const SimulatorIdentity& identity, const CredentialScope& scope);
    FrontAnswer turn_away(const SignableRequest& request,
                          const SimulatedTime& time,
                          const Place* place,
                          const KmsRefusal& refusal);
    template <typename Request>
    FrontAnswer serve(const SignableRequest& request,
                      const SimulatedTime& time,
                      const Place& place);
    using Serve = FrontAnswer (KmsFront::*)(const SignableRequest& request,
                                            const SimulatedTime& time,
                                            const Place& place);
    /// What serves an operation; nullptr where nothing does.
    static Serve serve_for(KmsApi api);

    SimulatedKms& kms_;
    std::vector<SimulatorIdentity> identities_;
    /// By access key id and scope. Deriving one costs four HMACs, so each is kept.
    boost::unordered_flat_map<std::string, Secret> signing_keys_;
};

}  // namespace keyferry
