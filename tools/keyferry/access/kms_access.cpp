#include "tools/keyferry/access/kms_access.hpp"

#include "io/http/http_client.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tools/keyferry/access/account_check.hpp"
#include "tools/keyferry/access/account_identities.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/access/kms_route.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"
#include "tools/keyferry/terminal/version.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace keyferry {

namespace asio = boost::asio;

namespace {

class EmbeddedSimulator final : public KmsAccess {
  public:
    EmbeddedSimulator(const SimulationOptions& options, Clock& clock)
        : kms_(simulator_settings(options)), client_(kms_, clock, client_settings(options)) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return "the built-in simulator"; }
    int check_callers(asio::io_context& /*io*/) override { return exit_done; }
    std::string callers() const override { return {}; }
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
               const KmsRoute& route,
               const FleetScope& scope,
               asio::io_context& io,
               Clock& clock)
        : io_(io),
          clock_(clock),
          route_(route),
          endpoints_(route.text(scope)),
          has_sts_(route.has_sts(scope)),
          identities_(scope, options.profile, route, io, clock),
          client_(
              io,
              clock,
              [this](const Place& place) { return identities_.at_hand(place); },
              [this](Place place, std::shared_ptr<const Credentials> refused) {
                  return identities_.renewed(std::move(place), std::move(refused));
              },
              [endpoints = route.kms](const Region& region) {
                  return Parsed<Endpoint>(regional_endpoint(AwsService::kms, region, endpoints));
              },
              route.http(),
              kVersion) {}

    AccountIdentities& identities() { return identities_; }

    KmsClient& client() override { return client_; }
    std::string description() const override {
        return fmt::format("{}, with credentials from {}", endpoints_, identities_.sources());
    }
    int check_callers(asio::io_context& io) override {
        return has_sts_ ? check_accounts(identities_, io, callers_) : exit_done;
    }
    std::string callers() const override {
        std::string arns;
        for (const std::string& arn : callers_) {
            arns.append(arns.empty() ? "" : " ").append(arn);
        }
        return arns;
    }
    std::string identity() const override {
        const std::string arns = callers();
        return fmt::format(
            "{}{}credentials from {}", arns, arns.empty() ? "" : ", by ", identities_.sources());
    }
    asio::awaitable<std::optional<RegionOptIns>> region_opt_ins(
        std::chrono::sys_seconds now) override {
        const std::vector<AccountId> accounts = identities_.accounts();
        if (!route_.account || accounts.size() != 1) {  // what one has says nothing of the others
            co_return std::nullopt;
        }
        const Place place(accounts.front(), account_region());
        const Endpoint& endpoint = *route_.account;
        HttpClient http(io_, clock_, route_.http());
        const HttpTarget target =
            http.target(HttpOrigin(endpoint.https, endpoint.host, endpoint.port));
        co_return co_await list_regions(
            target, endpoint, identities_.at_hand(place), account_region(), now);
    }
    bool is_simulated() const override { return false; }
    void fill(const Plan& /*plan*/) override {}
    void fill(const FleetSpec& /*fleet*/) override {}
    void restore(const Plan& /*plan*/, const JournalReplay& /*replay*/) override {}

  private:
    asio::io_context& io_;
    Clock& clock_;
    KmsRoute route_;
    std::string endpoints_;
    bool has_sts_;
    AccountIdentities identities_;
    KmsHttpClient client_;
    std::vector<std::string> callers_;
};

}  // namespace

asio::awaitable<std::optional<RegionOptIns>> KmsAccess::region_opt_ins(
    std::chrono::sys_seconds /*now*/) {
    co_return std::nullopt;
}

std::optional<ParseProblem> check_kms_options(const KmsOptions& options) {
    if (options.simulation.simulate) {
        return std::nullopt;
    }
    if (const Parsed<KmsRoute> route = find_route(options); !route) {
        return route.error();
    }
    return std::nullopt;
}

Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                            const FleetScope& scope,
                                            asio::io_context& io,
                                            Clock& clock) {
    using Access = std::unique_ptr<KmsAccess>;
    if (options.simulation.simulate) {
        return Access(std::make_unique<EmbeddedSimulator>(options.simulation, clock));
    }
    const Parsed<KmsRoute> route = find_route(options);
    if (!route) {
        return route.error();
    }
    auto access = std::make_unique<HttpAccess>(options, *route, scope, io, clock);
    if (auto problem = access->identities().find_all()) {
        return *problem;
    }
    return Access(std::move(access));
}

}  // namespace keyferry
