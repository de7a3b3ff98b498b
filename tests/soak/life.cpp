#include "life.hpp"

#include "engine/journal_identity.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cerrno>
#include <exception>
#include <stdexcept>
#include <utility>

namespace keyferry {

namespace {

using std::chrono::minutes;

/// A stop waits for the calls in flight, each of which has a deadline of 10 s, and for the disk.
constexpr minutes kStopTakesMax{1};
/// A program whose disk has failed finds out with the next record; when it has none to write for
/// so long, it is killed.
constexpr minutes kDiskFailureShowsMax{30};

/// The same in every process and on every machine, so that the journals are.
JournalRun run_of_soak() {
    JournalRun run;
    run.pid = 1;
    run.host = "soak";
    run.version = "keyferry soak";
    return run;
}

SimulatorClientSettings client_settings(std::uint64_t seed) {
    SimulatorClientSettings settings;
    settings.seed = seed;
    return settings;
}

}  // namespace

std::string_view name_of(LifeEnd end) noexcept {
    switch (end) {
        case LifeEnd::finished:
            return "finished";
        case LifeEnd::stopped:
            return "stopped";
        case LifeEnd::refused:
            return "refused";
        case LifeEnd::journal_failed:
            return "journal failed";
        case LifeEnd::killed:
            return "killed";
        case LifeEnd::timed_out:
            return "timed out";
        case LifeEnd::threw:
            return "threw";
    }
    return "?";
}

Life::Life(World& world, MemoryAppendFile& file, const LifeSettings& settings)
    : world_(world),
      file_(file),
      clock_(io_),
      kms_client_(world.kms(), clock_, client_settings(settings.seed)),
      client_(kms_client_, clock_, world) {
    clock_.advance(settings.start - Moment{});
    world_.go_on_until(settings.start);
    JournalResult<StartedJournal> journal =
        start_journal(file,
                      journal_header(world.plan(), "keyferry soak", true),
                      run_of_soak(),
                      clock_.wall_now(),
                      "(memory)",
                      nullptr);
    if (!journal) {
        throw std::runtime_error("the journal cannot be gone on with: " + journal.error().text);
    }
    journal_ = std::move(*journal);
    writer_ = std::make_unique<JournalWriter>(file,
                                              journal_.tail,
                                              clock_,
                                              io_.get_executor(),
                                              io_.get_executor(),
                                              JournalWriterSettings{});
    client_.watch(*writer_);
    executor_ = std::make_unique<Executor>(
        world.plan(), client_, clock_, *writer_, io_.get_executor(), settings.seed);
    if (journal_.resumed) {
        executor_->restore(journal_.replay, settings.retry_failed);
    }
}

void Life::spawn() {
    boost::asio::co_spawn(io_, executor_->run(), [this](std::exception_ptr error, RunEnd end) {
        end_ = end;
        io_.stop();
        if (!error) {
            return;
        }
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& thrown) {
            thrown_ = thrown.what();
        }
    });
}

void Life::wait_for_event() {
    if (const std::optional<Moment> next = world_.next_event()) {
        clock_.sleep_until(*next, [this](boost::system::error_code) {
            world_.go_on_until(clock_.now());
            wait_for_event();
        });
    }
}

void Life::interrupt_at(const Interruption& interruption) {
    if (interruption.kind == Interruption::Kind::stop) {
        clock_.sleep_until(interruption.at, [this](boost::system::error_code) {
            executor_->stop();
            client_.stop("after a stop");
        });
    }
    if (interruption.kind == Interruption::Kind::disk_fails) {
        clock_.sleep_until(interruption.at, [this](boost::system::error_code) {
            file_.fail_nth(FileOperation::sync, 1, EIO, MemoryAppendFile::Lasting::for_ever);
        });
    }
}

LifeEnd Life::run(const std::optional<Interruption>& interruption, Moment deadline) {
    Moment end = deadline;
    if (interruption) {
        interrupt_at(*interruption);
        end = interruption->at;
        if (interruption->kind == Interruption::Kind::stop) {
            end += kStopTakesMax;
        } else if (interruption->kind == Interruption::Kind::disk_fails) {
            end += kDiskFailureShowsMax;
        }
    }
    wait_for_event();
    spawn();
    clock_.run_until(io_, end);
    if (end_) {
        return how_it_ended();
    }
    const bool may_be_killed = interruption && interruption->kind != Interruption::Kind::stop;
    return may_be_killed ? LifeEnd::killed : LifeEnd::timed_out;
}

LifeEnd Life::how_it_ended() const {
    if (!thrown_.empty()) {
        return LifeEnd::threw;
    }
    switch (*end_) {
        case RunEnd::finished:
            return LifeEnd::finished;
        case RunEnd::stopped:
            return LifeEnd::stopped;
        case RunEnd::refused:
            return LifeEnd::refused;
        case RunEnd::journal_failed:
            return LifeEnd::journal_failed;
    }
    return LifeEnd::threw;
}

}  // namespace keyferry
