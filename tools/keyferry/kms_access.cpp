#include "tools/keyferry/kms_access.hpp"

#include "io/aws/credential_plan.hpp"
#include "io/aws/endpoint.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tools/keyferry/example_keys.hpp"
#include "tools/keyferry/version.hpp"
#include "tools/simulator/simulator_kms_client.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <set>

namespace keyferry {

namespace asio = boost::asio;

namespace {

const char* environment(const char* name) {
    return std::getenv(name);
}

class EmbeddedSimulator final : public KmsAccess {
  public:
    EmbeddedSimulator(const SimulationOptions& options, Clock& clock)
        : kms_(simulator_settings(options)), client_(kms_, clock, client_settings(options)) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return "the built-in simulator"; }
    bool is_simulated() const override { return true; }
    void fill(const Plan& plan) override { fill_simulator(kms_, plan); }
    void fill(const FleetSpec& fleet) override { add_example_keys(kms_.model(), fleet); }
    void restore(const Plan& plan, const JournalReplay& replay) override {
        restore_replicas(kms_, plan, replay);
    }

  private:
    static SimulatorClientSettings client_settings(const SimulationOptions& options) {
        SimulatorClientSettings settings;
        settings.seed = options.seed;
        return settings;
    }

    SimulatedKms kms_;
    SimulatorKmsClient client_;
};

class HttpAccess final : public KmsAccess {
  public:
    HttpAccess(const KmsOptions& options,
               Credentials credentials,
               std::string endpoint,
               asio::io_context& io,
               Clock& clock)
        : description_(fmt::format("{}, with credentials from {}", endpoint, credentials.source)),
          credentials_(std::make_shared<const Credentials>(std::move(credentials))),
          client_(
              io,
              clock,
              [credentials = credentials_](const Place&) { return credentials; },
              [endpoint_url = options.endpoint_url](const Region& region) {
                  return kms_endpoint(region, endpoint_url, environment);
              },
              http_settings(options),
              kVersion) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return description_; }
    bool is_simulated() const override { return false; }
    void fill(const Plan& /*plan*/) override {}
    void fill(const FleetSpec& /*fleet*/) override {}
    void restore(const Plan& /*plan*/, const JournalReplay& /*replay*/) override {}

  private:
    static HttpSettings http_settings(const KmsOptions& options) {
        HttpSettings settings;
        if (options.ca_bundle) {
            settings.ca_file = *options.ca_bundle;
        } else if (const auto bundle = variable(environment, "AWS_CA_BUNDLE")) {
            settings.ca_file = *bundle;
        }
        return settings;
    }

    std::string description_;
    std::shared_ptr<const Credentials> credentials_;
    KmsHttpClient client_;
};

/// The keys that environment or files hold.
Parsed<Credentials> find_keys(const KmsOptions& options) {
    const Parsed<SharedConfig> config = SharedConfig::load(environment);
    if (!config) {
        return config.error();
    }
    Parsed<CredentialPlan> plan = plan_credentials(options.profile, environment, *config);
    if (!plan) {
        return plan.error();
    }
    auto* keys = std::get_if<Credentials>(&plan->origin);
    if (keys == nullptr || !plan->roles.empty()) {
        return ParseProblem{fmt::format(
            "found no keys ({}), and credentials from elsewhere are not supported yet: name a "
            "profile that has keys with --profile",
            plan->looked_at)};
    }
    return std::move(*keys);
}

/// "https://kms.eu-west-1.amazonaws.com and 3 more", or the one URL that serves all Regions.
std::string endpoints_text(const KmsOptions& options, const FleetScope& scope) {
    std::set<std::string> urls;
    for (const Region& region : scope.regions) {
        urls.insert(kms_endpoint(region, options.endpoint_url, environment).value().url());
    }
    return urls.size() == 1 ? *urls.begin()
                            : fmt::format("{} and {} more", *urls.begin(), urls.size() - 1);
}

/// One set of credentials signs every call, and KMS replicates no key of another account.
std::optional<ParseProblem> check_accounts(const std::set<AccountId>& accounts) {
    if (accounts.size() <= 1) {
        return std::nullopt;
    }
    return ParseProblem{fmt::format(
        "the fleet has keys of {} accounts, {} and {} among them, and one run signs with the "
        "credentials of one account; write a fleet spec for each account",
        accounts.size(),
        accounts.begin()->digits(),
        accounts.rbegin()->digits())};
}

}  // namespace

void add_kms_options(CLI::App& command, KmsOptions& options) {
    command.add_option("--endpoint-url",
                       options.endpoint_url,
                       "Ask this KMS for all Regions [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, "
                       "else AWS's own]; plain http only to this machine");
    command.add_option(
        "--profile", options.profile, "Profile of the shared AWS files [AWS_PROFILE]");
    command.add_option("--ca-bundle",
                       options.ca_bundle,
                       "Certificates to trust, a PEM file [AWS_CA_BUNDLE, else the system's]");
}

std::optional<ParseProblem> check_kms_options(const KmsOptions& options, const FleetScope& scope) {
    if (options.simulation.simulate) {
        return std::nullopt;
    }
    for (const Region& region : scope.regions) {
        const Parsed<Endpoint> endpoint = kms_endpoint(region, options.endpoint_url, environment);
        if (!endpoint) {
            return endpoint.error();
        }
    }
    return check_accounts(scope.accounts);
}

Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                            const FleetScope& scope,
                                            asio::io_context& io,
                                            Clock& clock) {
    using Access = std::unique_ptr<KmsAccess>;
    if (options.simulation.simulate) {
        return Access(std::make_unique<EmbeddedSimulator>(options.simulation, clock));
    }
    Parsed<Credentials> credentials = find_keys(options);
    if (!credentials) {
        return credentials.error();
    }
    return Access(std::make_unique<HttpAccess>(
        options, std::move(*credentials), endpoints_text(options, scope), io, clock));
}

}  // namespace keyferry
