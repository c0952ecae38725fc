// What Backsmith's streams send: the JSON of each `data:` line.
// Made by `python -m bridge.sse.typescript` from protos/; do not edit.

export type PhaseInfo = {
  total_phases: number;
  current_phase: number;
  entities_count: number;
  phase: string;
  name: string;
  files_generated: number;
  total_files: number;
};

export type ProgressEvent = {
  generation_id: string;
  status: "pending" | "processing" | "completed" | "failed" | "cancelled";
  stage: string;
  progress: number;
  message: string;
  timestamp: number;
  project_id?: string;
  version?: number;
  generation_mode?: string;
  ab_group?: string;
  enhanced_features?: string[];
  estimated_time_remaining?: number;
  current_file?: string;
  partial_output?: string;
  phase_info?: PhaseInfo;
  error?: string;
  warning_type?: string;
  parent_file_count?: number;
  new_file_count?: number;
  attempt?: number;
  phases_completed?: number;
  files_so_far?: number;
  reason?: string;
  retry?: boolean | number;
};

export type FileEvent = {
  id: string;
  generation_id: string;
  project_id: string;
  path: string;
  digest: string;
  size_bytes: number;
  action: "generated" | "edited" | "merged" | "deleted";
};

export type ProjectOut = {
  project_id: string;
  user_id: string;
  name: string;
  description: string;
  latest_version: number;
  active_generation_id: string | null;
  created_at: string;
  updated_at: string;
};

export type ChannelEvent = {
  type: "generation";
  object: ProgressEvent;
} | {
  type: "file";
  object: FileEvent;
} | {
  type: "project";
  object: ProjectOut;
} | {
  type?: "connected" | "timeout" | "handover" | "stream_error" | "history_truncated";
  object?: {
  channel?: string;
  message?: string;
};
};
