/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requests SERVER CA CERTIFICATE KEY: sends each request of standard input over one connection with bare libcurl
 * and reads the answers. A line is METHOD CONTENT-TYPE PATH FILE ("-": no body).
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_ONLY "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

static char body[4 * 1024 * 1024];

static size_t
drop(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

static int
send_one(CURL *curl, const char *server, const char *method, const char *type, const char *path,
	 const char *file)
{
	struct curl_slist *headers = curl_slist_append(NULL, METADATA_ONLY);
	char text[4096];
	long status = 0;

	(void)snprintf(text, sizeof(text), "%s%s", server, path);
	curl_easy_setopt(curl, CURLOPT_URL, text);
	if (strcmp(file, "-") == 0) {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	} else {
		FILE *from = fopen(file, "re");
		size_t len = from != NULL ? fread(body, 1, sizeof(body), from) : 0;

		if (from == NULL)
			return -1;
		(void)fclose(from);
		(void)snprintf(text, sizeof(text), "Content-Type: %s", type);
		headers = curl_slist_append(headers, text);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
	}
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	return status == 200 || status == 201 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	char method[16], type[64], path[1024], file[1024];
	CURL *curl = curl_easy_init();

	if (argc != 5 || curl == NULL)
		return 2;
	curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, argv[3]);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, argv[4]);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	while (scanf("%15s %63s %1023s %1023s", method, type, path, file) == 4) {
		if (send_one(curl, argv[1], method, type, path, file) != 0) {
			(void)fprintf(stderr, "%s %s failed\n", method, path);
			return 1;
		}
	}
	curl_easy_cleanup(curl);
	return 0;
}
