// The network of network.py as a systems engineer writes it in an hour: the standard library, a
// heap of events, a line per station.
//
//     network <tasks> <seed> <p1> <p2> <mean1> <mean2> <slots1> <slots2> <q> <s>
//
// prints seconds of processor time, mean passes and mean sojourn (seconds); one task per second.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <functional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

struct Task {
    double arrived;
    int station = 0;
    int passes = 0;
};

struct Event {
    double time;
    std::uint64_t sequence;
    Task* task;  // none: the next task arrives
    bool operator>(const Event& other) const {
        return time != other.time ? time > other.time : sequence > other.sequence;
    }
};

struct Station {
    double p;
    int slots;
    std::exponential_distribution<double> service;
    int busy = 0;
    std::deque<Task*> line;
};

class Network {
public:
    Network(std::vector<Station> stations, double q, double s, std::uint64_t seed)
        : stations_(std::move(stations)), q_(q), s_(s), random_(seed) {}

    void run(std::int64_t tasks) {
        std::int64_t arrived = 0;
        schedule(gap_(random_), nullptr);
        while (!agenda_.empty()) {
            const Event event = agenda_.top();
            agenda_.pop();
            now_ = event.time;
            if (event.task) {
                finish(event.task);
            } else {
                if (++arrived < tasks) schedule(gap_(random_), nullptr);
                join(new Task{now_});
            }
        }
    }

    double passes = 0, sojourn = 0;

private:
    void schedule(double delay, Task* task) { agenda_.push({now_ + delay, sequence_++, task}); }

    void start(Task* task) { schedule(stations_[task->station].service(random_), task); }

    void join(Task* task) {
        Station& station = stations_[task->station];
        if (station.busy < station.slots) {
            ++station.busy;
            start(task);
        } else {
            station.line.push_back(task);
        }
    }

    void finish(Task* task) {
        Station& station = stations_[task->station];
        if (station.line.empty()) {
            --station.busy;
        } else {
            start(station.line.front());
            station.line.pop_front();
        }
        ++task->passes;
        if (uniform_(random_) < station.p || uniform_(random_) < q_) {
            passes += task->passes;
            sojourn += now_ - task->arrived;
            delete task;
            return;
        }
        if (task->station == 0 && uniform_(random_) < s_) task->station = 1;
        join(task);
    }

    std::vector<Station> stations_;
    double q_, s_;
    std::mt19937_64 random_;
    std::exponential_distribution<double> gap_{1.0};
    std::uniform_real_distribution<double> uniform_{0.0, 1.0};
    std::priority_queue<Event, std::vector<Event>, std::greater<Event>> agenda_;
    std::uint64_t sequence_ = 0;
    double now_ = 0;
};

int main(int, char** words) {
    const std::int64_t tasks = std::atoll(words[1]);
    const std::uint64_t seed = std::strtoull(words[2], nullptr, 10);
    double numbers[8];
    for (int i = 0; i < 8; ++i) numbers[i] = std::atof(words[3 + i]);
    std::vector<Station> stations;
    for (int i = 0; i < 2; ++i) {
        const std::exponential_distribution<double> service(1 / numbers[2 + i]);
        stations.push_back({numbers[i], static_cast<int>(numbers[4 + i]), service});
    }
    const std::clock_t begin = std::clock();
    Network network(std::move(stations), numbers[6], numbers[7], seed);
    network.run(tasks);
    const double seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("%.9g %.9g %.9g\n", seconds, network.passes / tasks, network.sojourn / tasks);
}
