/** What an nginx of one folder is made with. */
export interface NginxConfigurationInit {
  /** For its own files. It is there. */
  work: string;
  shared: string;
  /** `HOST:PORT`. */
  listen: string;
}

/** The configuration of an nginx in the foreground that serves a folder with sendfile. */
export function nginxConfiguration({ work, shared, listen }: NginxConfigurationInit): string {
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${work};`);
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes auto;
daemon off;
pid ${work}/pid;
error_log stderr crit;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  access_log off;
  types { }
  ${temporaryPaths.join('\n  ')}
  server { listen ${listen}; root ${shared}; }
}
`;
}
