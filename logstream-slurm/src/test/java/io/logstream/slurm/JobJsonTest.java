package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Answers in the shapes of all versions; those after v0.0.38 are written by hand, after the schemas that Slurm publishes. */
class JobJsonTest {
    private static final String V38 = """
            {"meta":{"plugin":{"type":"openapi/v0.0.38"},"Slurm":{"version":{"major":22,"micro":8,"minor":5},"release":"22.05.8"}},
             "errors":[],
             "jobs":[{"array_job_id":2,"array_task_id":1,"array_max_tasks":2,"array_task_string":"","batch_host":"n1",
              "flags":["JOB_WAS_RUNNING"],"end_time":1827256794,"exit_code":768,"job_id":8,
              "job_resources":{"nodes":"x1","allocated_nodes":[{"sockets":{"0":{"cores":{"0":"allocated"}}}}]},
              "job_state":"COMPLETING","name":"na me","nodes":"n1","het_job_id":0,"het_job_offset":0,"restart_cnt":1,
              "state_reason":"None","standard_error":"","standard_output":"/w/x-%5j","start_time":1795720794,
              "user_name":"root","current_working_directory":"/w"},
             {"array_job_id":2,"array_task_id":null,"array_task_string":"3-5%2","job_id":2,"job_state":"PENDING",
              "state_reason":"JobArrayTaskLimit","batch_host":"","nodes":"","standard_output":"","start_time":0}]}
            """;

    private static final String V39 = """
            {"jobs":[{"job_id":{"set":true,"infinite":false,"number":8},"array_job_id":{"set":true,"infinite":false,"number":0},
              "array_task_id":{"set":false,"infinite":false,"number":0},"job_state":"RUNNING","batch_host":"n1",
              "exit_code":{"status":"SIGNALED","return_code":0,"signal":{"signal_id":9,"name":"KILL"}},
              "end_time":{"set":true,"infinite":false,"number":1827256794},"restart_cnt":0,"standard_output":"/w/x-8",
              "start_time":{"set":false,"infinite":true,"number":0}}],
             "meta":{"plugin":{"type":"openapi/dbv0.0.39"},"Slurm":{"version":{"major":23,"micro":1,"minor":2}}},"errors":[]}
            """;

    private static final String V43 = """
            {"jobs":[{"job_id":8,"array_job_id":{"set":true,"infinite":false,"number":2},
              "array_task_id":{"set":true,"infinite":false,"number":0},"array_task_string":"",
              "het_job_id":{"set":true,"infinite":false,"number":0},"het_job_offset":{"set":true,"infinite":false,"number":0},
              "job_state":["COMPLETED","COMPLETING"],"batch_host":"n1","nodes":"n1","user_name":"u","name":"j",
              "exit_code":{"status":["SIGNALED"],"return_code":{"set":true,"infinite":false,"number":0},
                "signal":{"id":{"set":true,"infinite":false,"number":15},"name":"Terminated"}},
              "standard_output":"/w/x-%5j","stdout_expanded":"/w/x-00008","standard_error":"","stderr_expanded":"/w/x-00008",
              "current_working_directory":"/w","start_time":{"set":true,"infinite":false,"number":1795720794}}],
             "last_update":{"set":true,"infinite":false,"number":1},
             "meta":{"plugin":{"type":"openapi/slurmctld","data_parser":"data_parser/v0.0.43"},
              "slurm":{"version":{"major":"25","micro":"1","minor":"05"},"release":"25.05.1","cluster":"t"}},
             "errors":[],"warnings":[]}
            """;

    @Test
    void shapesToV38_areUnderstood() throws Exception {
        JobJson read = JobJson.read(V38);
        assertThat(read.release()).isEqualTo(2205);
        SlurmJob job = read.jobs().get(0);
        assertThat(job.label()).isEqualTo("2_1");
        assertThat(job.state()).isEmpty();
        assertThat(job.flags()).containsExactly("COMPLETING");
        assertThat(job.isOver()).isFalse();
        assertThat(job.exitCode()).isEqualTo(3);
        assertThat(job.restarts()).isEqualTo(1);
        assertThat(job.nodes()).isEqualTo("n1");
        assertThat(job.start()).isEqualTo(Instant.ofEpochSecond(1795720794));
        SlurmJob waiting = read.jobs().get(1);
        assertThat(waiting.label()).isEqualTo("2_[3-5%2]");
        assertThat(waiting.start()).isNull();
        assertThat(JobId.parse("2_4").in(read.jobs())).isEqualTo(waiting);
        assertThat(JobId.parse("2_1").in(read.jobs())).isEqualTo(job);
        assertThat(JobId.parse("2_6").in(read.jobs())).isNull();
    }

    @Test
    void shapesOfV39_areUnderstood() throws Exception {
        JobJson read = JobJson.read(V39);
        assertThat(read.release()).isEqualTo(2302);
        SlurmJob job = read.jobs().get(0);
        assertThat(job.label()).isEqualTo("8");
        assertThat(job.taskId()).isEqualTo(-1);
        assertThat(job.signal()).isEqualTo(9);
        assertThat(job.end()).isEqualTo(Instant.ofEpochSecond(1827256794));
        assertThat(job.start()).isNull();
    }

    @Test
    void shapesFromV40To45_areUnderstood() throws Exception {
        JobJson read = JobJson.read(V43);
        assertThat(read.release()).isEqualTo(2505);
        SlurmJob job = read.jobs().get(0);
        assertThat(job.label()).as("task 0 is a task").isEqualTo("2_0");
        assertThat(job.state()).isEqualTo("COMPLETED");
        assertThat(job.flags()).isEqualTo(Set.of("COMPLETING"));
        assertThat(job.signal()).isEqualTo(15);
        assertThat(job.stdoutFile()).isEqualTo("/w/x-00008");
        assertThat(job.states()).isEqualTo("COMPLETED+COMPLETING");
    }

    @Test
    void answerThatIsCutOff_isNone() {
        for (int end = 0; end < V43.strip().length(); end++) {
            String cut = V43.substring(0, end);
            assertThatThrownBy(() -> JobJson.read(cut)).as(cut).isInstanceOf(IOException.class);
        }
    }

    @Test
    void errors_areTold() throws Exception {
        JobJson read = JobJson.read(
                "{\"meta\":{},\"errors\":[{\"error_number\":2017,\"error\":\"Invalid job id\"}],\"jobs\":[]}");
        assertThat(read.errorNumber()).isEqualTo(JobJson.NO_SUCH_JOB);
        assertThat(read.error()).isEqualTo("Invalid job id");
    }

    @Test
    void rangesOfTasks_areUnderstood() {
        assertThat(TaskRanges.contains("0-9:3,17,20-29%4", 6)).isTrue();
        assertThat(TaskRanges.contains("0-9:3,17,20-29%4", 7)).isFalse();
        assertThat(TaskRanges.contains("0-9:3,17,20-29%4", 25)).isTrue();
        assertThat(TaskRanges.contains("1-3,...", 99)).isTrue();
        assertThat(TaskRanges.contains("", 1)).isFalse();
    }
}
