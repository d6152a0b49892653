/* SPDX-License-Identifier: MIT */
#include "net/options.h"

#include <string.h>

#include "core/mem.h"

static bool keep(char **kept, const char **text) {
  size_t size;
  if (!*text)
    return true;
  size = strlen(*text) + 1;
  *kept = asr_realloc(NULL, size);
  if (!*kept)
    return false;
  memcpy(*kept, *text, size);
  *text = *kept;
  return true;
}

bool asr_options_keep(asr_options *options, asr_option_texts *texts) {
  return keep(&texts->ca_file, &options->ca_file) &&
         keep(&texts->ca_path, &options->ca_path) &&
         keep(&texts->ca_pem, &options->ca_pem) &&
         keep(&texts->proxy, &options->proxy) &&
         keep(&texts->unix_socket, &options->unix_socket) &&
         asr_forward_open(&options->forward, options->proxy);
}

void asr_options_free(asr_options *options, asr_option_texts *texts) {
  asr_forward_close(&options->forward);
  asr_free(texts->ca_file);
  asr_free(texts->ca_path);
  asr_free(texts->ca_pem);
  asr_free(texts->proxy);
  asr_free(texts->unix_socket);
  *texts = (asr_option_texts){NULL, NULL, NULL, NULL, NULL};
}
